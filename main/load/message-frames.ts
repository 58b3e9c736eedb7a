/** Messages as bytes on a stream: four bytes of length, then JSON, in which columns of numbers are base64 of their memory. */

const LENGTH_BYTES = 4;
/** More than the columns of ten million round trips, and less than the longest text. */
const LONGEST_BYTES = 480 * 2 ** 20;

const COLUMNS = { Float64Array, Uint32Array, Uint16Array, Uint8Array };
type ColumnKind = keyof typeof COLUMNS;
interface WrittenColumn { readonly column: ColumnKind; readonly base64: string }

export function toFrame(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message, writeColumn));
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + text.length);
  frame.writeUInt32BE(text.length);
  text.copy(frame, LENGTH_BYTES);
  return frame;
}

function writeColumn(_key: string, value: unknown): unknown {
  if (!ArrayBuffer.isView(value)) return value;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { column: value.constructor.name as ColumnKind, base64: bytes.toString('base64') } satisfies WrittenColumn;
}

function readColumn(_key: string, value: unknown): unknown {
  const { column, base64 } = (value ?? {}) as Partial<WrittenColumn>;
  if (typeof column !== 'string' || typeof base64 !== 'string' || !Object.hasOwn(COLUMNS, column)) return value;
  // A copy that begins at an address of its own: text buffers are cut from a shared pool.
  const { buffer } = new Uint8Array(Buffer.from(base64, 'base64'));
  return new COLUMNS[column](buffer);
}

/**
 * Takes what arrives in any pieces and hands on whole messages.
 * @throws Error when the bytes are no frames
 */
export function frameReader(onMessage: (message: unknown) => void): (piece: Uint8Array) => void {
  let pieces: Uint8Array[] = [];
  let had = 0;
  let needed = LENGTH_BYTES;
  return (piece) => {
    pieces.push(piece);
    had += piece.length;
    while (had >= needed) {
      const all = Buffer.concat(pieces);
      const length = all.readUInt32BE();
      if (length > LONGEST_BYTES) throw new Error(`A message of ${length} bytes cannot be one.`);
      needed = LENGTH_BYTES + length;
      if (had < needed) {
        pieces = [all];
        return;
      }
      const rest = all.subarray(needed);
      [pieces, had, needed] = [[rest], rest.length, LENGTH_BYTES];
      onMessage(JSON.parse(all.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length), readColumn));
    }
  };
}
