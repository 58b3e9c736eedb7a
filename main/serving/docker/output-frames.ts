const HEADER_BYTES = 8;
const STDERR = 2;

export type OutputStream = 'stdout' | 'stderr';

/** What a container prints comes in frames: one byte for the stream, three of padding, four of length, then the bytes. Takes them in any pieces. */
export function outputReader(onOutput: (bytes: Buffer, stream: OutputStream) => void): (piece: Uint8Array) => void {
  let waiting: Uint8Array = Buffer.alloc(0);
  return (piece) => {
    const bytes = Buffer.concat([waiting, piece]);
    let at = 0;
    for (let end = frameEnd(bytes, at); end <= bytes.length; end = frameEnd(bytes, at)) {
      onOutput(bytes.subarray(at + HEADER_BYTES, end), bytes[at] === STDERR ? 'stderr' : 'stdout');
      at = end;
    }
    waiting = bytes.subarray(at);
  };
}

function frameEnd(bytes: Buffer, at: number): number {
  return at + HEADER_BYTES <= bytes.length ? at + HEADER_BYTES + bytes.readUInt32BE(at + 4) : Infinity;
}

/** Both streams of a whole log, as text. */
export function demultiplex(bytes: Uint8Array): string {
  const parts: Buffer[] = [];
  outputReader((part) => parts.push(part))(bytes);
  return Buffer.concat(parts).toString('utf8');
}
