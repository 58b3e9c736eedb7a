/** A value as nvidia-smi prints it with `--format=csv,noheader`; null for the many ways of saying "not told". */
export function csvText(field: string | undefined): string | null {
  const text = (field ?? '').trim();
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (bare === '' || /^(N\/A|Not Supported|Not Available|Unknown Error|Unknown|GPU requires reset|Insufficient Permissions|Not Found)$/i.test(bare)) return null;
  return /deprecated/i.test(bare) ? null : text;
}

/** "1980", "1980 MHz", "345.12 W" → the number; null when it is not told. */
export function csvNumber(field: string | undefined): number | null {
  const text = csvText(field);
  if (text === null) return null;
  const match = /^-?\d+(?:\.\d+)?/.exec(text);
  return match === null ? null : Number(match[0]);
}

/** "0x0000000000000004" → 4n; null when it is not told. */
export function csvBits(field: string | undefined): bigint | null {
  const text = csvText(field);
  return text !== null && /^0x[0-9a-f]+$/i.test(text) ? BigInt(text) : null;
}

/** The fields of each line. A name may hold a comma: the field at `nameAt` takes what is too much. */
export function csvRows(csv: string, fields: number, nameAt = -1): readonly (readonly string[])[] {
  return csv.split('\n').map((line) => line.trim()).filter((line) => line !== '').map((line) => {
    const parts = line.split(',').map((part) => part.trim());
    const extra = parts.length - fields;
    if (extra <= 0 || nameAt < 0) return parts;
    return [...parts.slice(0, nameAt), parts.slice(nameAt, nameAt + extra + 1).join(', '), ...parts.slice(nameAt + extra + 1)];
  });
}

/** The field an nvidia-smi too old or too new does not know; null when it complains about something else. */
export function unknownField(text: string): string | null {
  return /Field "([^"]+)" is not a valid field to query/i.exec(text)?.[1] ?? null;
}
