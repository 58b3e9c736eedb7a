const LIST_MAX = 4;
const TEXT_MAX = 60;
const RAW_MAX = 600;

/** JSON as a person wants to see it: long lists and texts cut, with what was left out said. Anything else is cut as it is. */
export function shortJson(text: string): string {
  try {
    return shown(JSON.parse(text), '');
  } catch {
    return text.length > RAW_MAX ? `${text.slice(0, RAW_MAX)} … ${text.length - RAW_MAX} more characters` : text;
  }
}

function shown(value: unknown, indent: string): string {
  if (Array.isArray(value)) return shownList(value, indent);
  if (typeof value === 'string') return JSON.stringify(value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}… (${value.length} characters)` : value);
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = `${indent}  `;
  const fields = Object.entries(value).map(([name, field]) => `\n${inner}${JSON.stringify(name)}: ${shown(field, inner)}`);
  return `{${fields.join(',')}\n${indent}}`;
}

function shownList(list: readonly unknown[], indent: string): string {
  const parts = list.slice(0, LIST_MAX).map((entry) => shown(entry, indent));
  return `[${parts.join(', ')}${list.length > LIST_MAX ? `, … ${list.length - LIST_MAX} more` : ''}]`;
}
