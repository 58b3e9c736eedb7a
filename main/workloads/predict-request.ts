/** TensorFlow Serving's REST predict: one POST with the head and the body in one buffer. */
export function predictRequest(path: string, body: readonly Buffer[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([postHead({ path, host: 'localhost', contentType: 'application/json', length }), ...body]);
}

export function postHead(head: { readonly path: string; readonly host: string; readonly contentType: string; readonly length: number }): Buffer {
  return Buffer.from(
    `POST ${head.path} HTTP/1.1\r\nHost: ${head.host}\r\nContent-Type: ${head.contentType}\r\nContent-Length: ${head.length}\r\n\r\n`,
    'latin1',
  );
}

const KEY = Buffer.from('"predictions"');
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Whether the bytes are `{"predictions": [[n, …], …]}` with `rows` rows of `columns` numbers. A scan, not a parse: it runs
 * on the load thread for every answer. NaN and Infinity, which TensorFlow Serving may write, are not numbers here.
 */
export function isPredictions(body: Uint8Array, start: number, end: number, rows: number, columns: number): boolean {
  const at = Buffer.from(body.buffer, body.byteOffset, body.byteLength).indexOf(KEY, start);
  if (at < 0 || at + KEY.length >= end) return false;
  let position = skipSpace(body, at + KEY.length, end);
  if (body[position] !== 0x3a) return false;
  let depth = 0;
  let rowCount = 0;
  let columnCount = 0;
  for (position++; position < end; position++) {
    const byte = body[position]!;
    if (byte === 0x5b) {
      if (++depth > 2) return false;
      if (depth === 2) columnCount = 0;
    } else if (byte === 0x5d) {
      if (depth === 2 && columnCount !== columns) return false;
      if (depth === 2) rowCount++;
      if (--depth === 0) return rowCount === rows && body[skipSpace(body, position + 1, end)] === 0x7d;
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      if (depth !== 2) return false;
      columnCount++;
      while (position + 1 < end && isNumberByte(body[position + 1]!)) position++;
    } else if (byte !== 0x2c && !SPACE.has(byte)) return false;
  }
  return false;
}

function skipSpace(body: Uint8Array, from: number, end: number): number {
  let position = from;
  while (position < end && SPACE.has(body[position]!)) position++;
  return position;
}

/** 0–9 + - . e E */
function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x65 || byte === 0x45;
}
