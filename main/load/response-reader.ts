/** What a response turned out to be after the bytes seen so far. */
export type ReaderState = 'more' | 'done' | 'bad';

const MOST_LINE_BYTES = 8 * 1024;
const MOST_HEADER_LINES = 200;
const MOST_BODY_BYTES = 256 * 2 ** 20;
const LF = 0x0a;
const CR = 0x0d;

type Expecting = 'status-line' | 'header' | 'body' | 'body-until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'done' | 'bad';

/**
 * Reads one HTTP/1.x response at a time from whatever pieces the kernel hands over: status, Content-Length, chunked,
 * until-close. Bounded everywhere; anything else is `bad`. A body that arrives in one piece is not copied: `body` then points
 * into the piece and is valid until the next `push`.
 */
export class ResponseReader {
  status = 0;
  /** Whether the server lets the connection be used again. */
  keepAlive = true;
  /** The body is bytes [bodyStart, bodyEnd) of this, once done. */
  body: Buffer = Buffer.alloc(0);
  bodyStart = 0;
  bodyEnd = 0;

  private expecting: Expecting = 'status-line';
  private readonly line = Buffer.allocUnsafe(MOST_LINE_BYTES);
  private lineLength = 0;
  private headerLines = 0;
  private contentLength = -1;
  private chunked = false;
  /** Bytes of the body or chunk still to come. */
  private missing = 0;
  private own: Buffer = Buffer.alloc(0);
  private ownLength = 0;

  /** Ready for the next response. */
  reset(): void {
    this.status = 0;
    this.keepAlive = true;
    this.expecting = 'status-line';
    this.lineLength = 0;
    this.headerLines = 0;
    this.contentLength = -1;
    this.chunked = false;
    this.missing = 0;
    this.ownLength = 0;
    this.bodyStart = 0;
    this.bodyEnd = 0;
  }

  /** Takes bytes [0, length) of `piece`. Bytes after the end of the response are `bad`: nobody asked for them. */
  push(piece: Buffer, length: number): ReaderState {
    let position = 0;
    while (position < length && this.expecting !== 'bad') {
      if (this.expecting === 'done') this.expecting = 'bad';
      else if (this.expecting === 'body' || this.expecting === 'chunk' || this.expecting === 'body-until-close') {
        position = this.takeBody(piece, position, length);
      } else position = this.takeLine(piece, position, length);
    }
    return this.state();
  }

  /** The server closed its side: the end of a body without a length, otherwise a response cut short. */
  end(): ReaderState {
    if (this.expecting !== 'body-until-close') return this.state() === 'done' ? 'done' : 'bad';
    this.finishOwn();
    return 'done';
  }

  private state(): ReaderState {
    return this.expecting === 'done' || this.expecting === 'bad' ? this.expecting : 'more';
  }

  private takeBody(piece: Buffer, position: number, length: number): number {
    const available = length - position;
    if (this.expecting === 'body-until-close') {
      this.keep(piece, position, length);
      return length;
    }
    const taken = Math.min(available, this.missing);
    if (this.expecting === 'body' && taken === this.missing && this.ownLength === 0) {
      this.body = piece;
      this.bodyStart = position;
      this.bodyEnd = position + taken;
      this.expecting = 'done';
      return position + taken;
    }
    this.keep(piece, position, position + taken);
    this.missing -= taken;
    if (this.missing === 0 && this.expecting === 'body') this.finishOwn();
    else if (this.missing === 0 && this.expecting === 'chunk') this.expecting = 'chunk-end';
    return position + taken;
  }

  private takeLine(piece: Buffer, from: number, length: number): number {
    let position = from;
    while (position < length) {
      const byte = piece[position++]!;
      if (byte === LF) {
        if (this.lineLength > 0 && this.line[this.lineLength - 1] === CR) this.lineLength--;
        this.endLine();
        this.lineLength = 0;
        return position;
      }
      if (this.lineLength === MOST_LINE_BYTES) {
        this.expecting = 'bad';
        return position;
      }
      this.line[this.lineLength++] = byte;
    }
    return position;
  }

  private endLine(): void {
    if (this.expecting === 'header') this.endHeader();
    else if (this.expecting === 'status-line') this.readStatus();
    else if (this.expecting === 'chunk-size') this.readChunkSize();
    else if (this.expecting === 'chunk-end') this.expecting = this.lineLength === 0 ? 'chunk-size' : 'bad';
    else if (this.lineLength === 0) this.finishOwn();
    else if (++this.headerLines > MOST_HEADER_LINES) this.expecting = 'bad';
  }

  /** "HTTP/1.1 200 OK" */
  private readStatus(): void {
    const { line } = this;
    const digits = this.lineLength >= 12 && line.toString('latin1', 0, 7) === 'HTTP/1.' && line[8] === 0x20 ? line.toString('latin1', 9, 12) : '';
    if (!/^[1-5]\d\d$/.test(digits) || (this.lineLength > 12 && line[12] !== 0x20)) {
      this.expecting = 'bad';
      return;
    }
    this.status = Number(digits);
    this.keepAlive = line[7] !== 0x30;
    this.expecting = 'header';
  }

  private endHeader(): void {
    if (this.lineLength === 0) return this.endHead();
    if (++this.headerLines > MOST_HEADER_LINES) {
      this.expecting = 'bad';
      return;
    }
    const first = this.line[0]! | 0x20;
    if (first !== 0x63 && first !== 0x74) return;
    const header = this.line.toString('latin1', 0, this.lineLength);
    const colon = header.indexOf(':');
    const name = header.slice(0, colon).toLowerCase();
    if (name === 'content-length') this.readLength(header.slice(colon + 1).trim());
    else if (name === 'transfer-encoding') this.readEncoding(header.slice(colon + 1).trim().toLowerCase());
    else if (name === 'connection') this.readConnection(header.slice(colon + 1).toLowerCase());
  }

  private readLength(value: string): void {
    const length = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    const contradicts = this.contentLength >= 0 && this.contentLength !== length;
    if (!(length <= MOST_BODY_BYTES) || contradicts) this.expecting = 'bad';
    else this.contentLength = length;
  }

  private readEncoding(value: string): void {
    if (value === 'chunked') this.chunked = true;
    else if (value !== 'identity') this.expecting = 'bad';
  }

  private readConnection(value: string): void {
    const words = value.split(',').map((word) => word.trim());
    if (words.includes('close')) this.keepAlive = false;
    else if (words.includes('keep-alive')) this.keepAlive = true;
  }

  private endHead(): void {
    if (this.status < 200) {
      this.reset();
    } else if (this.status === 204 || this.status === 304) {
      this.finishOwn();
    } else if (this.chunked) {
      this.expecting = this.contentLength >= 0 ? 'bad' : 'chunk-size';
    } else if (this.contentLength < 0) {
      this.keepAlive = false;
      this.expecting = 'body-until-close';
    } else if (this.contentLength === 0) {
      this.finishOwn();
    } else {
      this.missing = this.contentLength;
      this.expecting = 'body';
    }
  }

  private readChunkSize(): void {
    const text = this.line.toString('latin1', 0, this.lineLength).split(';')[0]!.trim();
    const size = /^[0-9a-fA-F]{1,8}$/.test(text) ? parseInt(text, 16) : NaN;
    if (!(this.ownLength + size <= MOST_BODY_BYTES)) this.expecting = 'bad';
    else if (size === 0) this.expecting = 'trailer';
    else {
      this.missing = size;
      this.expecting = 'chunk';
    }
  }

  private keep(piece: Buffer, start: number, end: number): void {
    const length = this.ownLength + (end - start);
    if (length > MOST_BODY_BYTES) {
      this.expecting = 'bad';
      return;
    }
    if (length > this.own.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.own.length, this.contentLength, 4096));
      this.own.copy(larger, 0, 0, this.ownLength);
      this.own = larger;
    }
    piece.copy(this.own, this.ownLength, start, end);
    this.ownLength = length;
  }

  private finishOwn(): void {
    this.body = this.own;
    this.bodyStart = 0;
    this.bodyEnd = this.ownLength;
    this.expecting = 'done';
  }
}
