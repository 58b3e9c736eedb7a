const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether bytes [start, end) are `{"predictions": [ … ]}` with `rows` entries, or `{"outputs": …}` with as many entries in each
 * list: brackets balanced, text skipped. A scan, not a parse: it runs on the load thread for every answer.
 */
export function hasRows(body: Uint8Array, start: number, end: number, rows: number, form: 'row' | 'columnar'): boolean {
  const key = Buffer.from(form === 'row' ? '"predictions"' : '"outputs"');
  const at = Buffer.from(body.buffer, body.byteOffset, body.byteLength).indexOf(key, start);
  if (at < 0 || at + key.length >= end) return false;
  let position = skipSpace(body, at + key.length, end);
  if (body[position] !== 0x3a) return false;
  position = skipSpace(body, position + 1, end);
  if (body[position] === 0x5b) return countEntries(body, position, end) === rows;
  // Several outputs in columnar form: an object of lists, which a wrong number of rows would have failed in the server.
  return form === 'columnar' && body[position] === 0x7b && countEntries(body, position, end) >= 1;
}

/** Entries of the list or object that opens at `from`; −1 when it does not close. */
function countEntries(body: Uint8Array, from: number, end: number): number {
  let depth = 0;
  let entries = 0;
  let isEmpty = true;
  for (let position = from; position < end; position++) {
    const byte = body[position]!;
    if (byte === QUOTE) {
      isEmpty = false;
      position = endOfText(body, position, end);
    } else if (OPEN.has(byte)) {
      if (depth++ > 0) isEmpty = false;
    } else if (CLOSE.has(byte)) {
      if (--depth === 0) return isEmpty ? 0 : entries + 1;
    } else if (byte === 0x2c) {
      if (depth === 1) entries++;
    } else if (!isSpace(byte)) isEmpty = false;
  }
  return -1;
}

function endOfText(body: Uint8Array, from: number, end: number): number {
  let position = from + 1;
  while (position < end && body[position] !== QUOTE) position += body[position] === BACKSLASH ? 2 : 1;
  return position;
}

function skipSpace(body: Uint8Array, from: number, end: number): number {
  let position = from;
  while (position < end && isSpace(body[position]!)) position++;
  return position;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
