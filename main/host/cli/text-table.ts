export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
}

/** Columns two spaces apart, a rule under the head, no trailing spaces. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ head }, i) => Math.max(width(head), ...rows.map((row) => width(row[i] ?? ''))));
  const line = (cells: readonly string[]): string =>
    columns.map(({ align }, i) => pad(cells[i] ?? '', widths[i]!, align)).join('  ').trimEnd();
  const heads = columns.map(({ head }) => head);
  return [line(heads), widths.map((count) => '─'.repeat(count)).join('  '), ...rows.map(line)].join('\n');
}

function pad(cell: string, to: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, to - width(cell)));
  return align === 'left' ? cell + space : space + cell;
}

function width(text: string): number {
  return [...text].length;
}
