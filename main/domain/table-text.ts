/** A table as data. Numbers stay numbers: whoever shows it formats them, CSV keeps them whole. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

type Show = (value: string | number | null, column: number, row: number) => string;
const plain: Show = (value) => (value === null ? '–' : String(value));

/** A GitHub table: numbers right, words left. */
export function toMarkdown(table: TextTable, show: Show = plain): string {
  const right = numeric(table);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const cell = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    line(table.head.map(cell)), line(right.map((isNumber) => (isNumber ? '---:' : ':---'))),
    ...table.rows.map((row, r) => line(row.map((value, i) => cell(show(value, i, r))))),
  ].join('\n') + '\n';
}

/** A `tabular` with the rules of booktabs, to be put into a table environment. */
export function toLatex(table: TextTable, show: Show = plain): string {
  const columns = numeric(table).map((isNumber) => (isNumber ? 'r' : 'l')).join('');
  const line = (cells: readonly string[]): string => `  ${cells.map(escapeLatex).join(' & ')} \\\\`;
  return [
    '% needs \\usepackage{booktabs}', `\\begin{tabular}{${columns}}`, '  \\toprule', line(table.head), '  \\midrule',
    ...table.rows.map((row, r) => line(row.map((value, i) => show(value, i, r)))), '  \\bottomrule', '\\end{tabular}',
  ].join('\n') + '\n';
}

/** RFC 4180: quotes where needed, CRLF, a point as decimal sign, empty for missing. */
export function toCsv({ head, rows }: TextTable): string {
  const cell = (value: string | number | null): string => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

function numeric({ head, rows }: TextTable): readonly boolean[] {
  return head.map((_, i) => rows.some((row) => typeof row[i] === 'number') && rows.every((row) => typeof row[i] !== 'string'));
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}', '&': '\\&', '%': '\\%', $: '\\$', '#': '\\#', _: '\\_', '{': '\\{', '}': '\\}', '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}', 'µ': '\\textmu{}', '±': '$\\pm$', '−': '$-$', '–': '--', '≤': '$\\le$', '≥': '$\\ge$', '²': '$^2$',
};

function escapeLatex(text: string): string {
  return text.replace(/[\\&%$#_{}~^µ±−–≤≥²]/gu, (character) => LATEX[character]!);
}
