import { parse } from 'csv-parse';
import { ServescapeError } from '../../domain/errors.ts';
import type { CellValue, RowItem } from '../items.ts';
import { unusable } from '../data-error.ts';
import { heardLater, pump, type ByteSource } from './byte-source.ts';
import { lines } from './text.ts';

const RECORD_BYTES_MAX = 4 * 2 ** 20;
const JSON_BYTES_MAX = 64 * 2 ** 20;

/** A table with a header line; cells that read as numbers are numbers. Comma, semicolon or tab, whichever the header has. */
export async function readCsv(source: ByteSource, limit: number): Promise<readonly RowItem[]> {
  const head = (await source.peek(4096)).toString('utf8').split(/[\r\n]/, 1)[0] ?? '';
  const delimiter = [',', ';', '\t'].toSorted((a, b) => head.split(b).length - head.split(a).length)[0]!;
  const parser = parse({ columns: true, bom: true, skip_empty_lines: true, trim: true, delimiter, max_record_size: RECORD_BYTES_MAX, encoding: 'utf8' });
  parser.on('error', heardLater);
  void pump(source, parser);
  const items: RowItem[] = [];
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>) {
      items.push({ kind: 'row', values: Object.fromEntries(Object.entries(record).map(([name, cell]) => [name, cellValue(cell)])) });
      if (items.length >= limit) break;
    }
  } catch (cause) {
    if (cause instanceof ServescapeError) throw cause;
    throw unusable(source.name, `it is no CSV table (${(cause as Error).message})`, { cause });
  }
  if (items.length === 0) throw unusable(source.name, 'it has no row below its header');
  return items;
}

/** One JSON object a line, or one JSON list of objects. */
export async function readJsonRows(source: ByteSource, limit: number): Promise<readonly RowItem[]> {
  const start = (await source.peek(256)).toString('utf8').trimStart();
  const items: RowItem[] = [];
  if (start.startsWith('[')) {
    const list = parseJson(source.name, (await source.rest(JSON_BYTES_MAX)).toString('utf8'), 'it');
    (list as unknown[]).slice(0, limit).forEach((value, i) => items.push(rowItem(source.name, value, `entry ${i + 1}`)));
  } else {
    let number = 0;
    for await (const line of lines(source, RECORD_BYTES_MAX)) {
      number++;
      if (line.trim() === '') continue;
      items.push(rowItem(source.name, parseJson(source.name, line, `line ${number}`), `line ${number}`));
      if (items.length >= limit) break;
    }
  }
  if (items.length === 0) throw unusable(source.name, 'it holds no row');
  return items;
}

function parseJson(name: string, text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw unusable(name, `${what} is not JSON (${(cause as Error).message})`, { cause });
  }
}

function rowItem(name: string, value: unknown, what: string): RowItem {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    return { kind: 'row', values: value as Record<string, CellValue> };
  }
  throw unusable(name, `${what} is not an object of named values`, { hint: 'Write one object a line: {"input": [1, 2, 3]}.' });
}

function cellValue(cell: string): CellValue {
  return cell !== '' && Number.isFinite(Number(cell)) ? Number(cell) : cell;
}
