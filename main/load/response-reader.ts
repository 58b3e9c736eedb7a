import { ResponseHead } from './response-head.ts';

/** What a response turned out to be after the bytes seen so far. */
export type ReaderState = 'more' | 'done' | 'bad';

const MOST_LINE_BYTES = 8 * 1024;
const MOST_TRAILER_LINES = 200;
const MOST_BODY_BYTES = 256 * 2 ** 20;
const LF = 0x0a;
const CR = 0x0d;

type Expecting = 'head' | 'body' | 'body-until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'done' | 'bad';

/**
 * Reads one HTTP/1.x response at a time from whatever pieces the kernel hands over: status, Content-Length, chunked,
 * until-close. Bounded everywhere; anything else is `bad`. What arrives in one piece is not copied: `body` then points
 * into the piece and is valid until the next `push`.
 */
export class ResponseReader {
  /** Whether the server lets the connection be used again. */
  keepAlive = true;
  /** The body is bytes [bodyStart, bodyEnd) of this, once done. */
  body: Buffer = Buffer.alloc(0);
  bodyStart = 0;
  bodyEnd = 0;

  private expecting: Expecting = 'head';
  private readonly head = new ResponseHead();
  /** The beginning of a line whose end is still to come. */
  private readonly line = Buffer.allocUnsafe(MOST_LINE_BYTES);
  private lineLength = 0;
  private trailerLines = 0;
  /** Bytes of the body or chunk still to come. */
  private missing = 0;
  private own: Buffer = Buffer.alloc(0);
  private ownLength = 0;

  get status(): number {
    return this.head.status;
  }

  /** Ready for the next response. */
  reset(): void {
    this.head.reset();
    this.keepAlive = true;
    this.expecting = 'head';
    this.lineLength = 0;
    this.trailerLines = 0;
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
    let end = from;
    while (end < length && piece[end] !== LF) end++;
    if (this.lineLength + end - from > MOST_LINE_BYTES) {
      this.expecting = 'bad';
      return end;
    }
    if (this.lineLength === 0 && end < length) {
      this.endLine(piece, from, end);
      return end + 1;
    }
    piece.copy(this.line, this.lineLength, from, end);
    this.lineLength += end - from;
    if (end === length) return end;
    const whole = this.lineLength;
    this.lineLength = 0;
    this.endLine(this.line, 0, whole);
    return end + 1;
  }

  /** Bytes [start, end) are a line without its line feed. */
  private endLine(bytes: Buffer, start: number, lineFeed: number): void {
    const end = lineFeed > start && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;
    if (this.expecting === 'head') this.takeHeadLine(bytes, start, end);
    else if (this.expecting === 'chunk-size') this.readChunkSize(bytes.toString('latin1', start, end));
    else if (this.expecting === 'chunk-end') this.expecting = start === end ? 'chunk-size' : 'bad';
    else if (start === end) this.finishOwn();
    else if (++this.trailerLines > MOST_TRAILER_LINES) this.expecting = 'bad';
  }

  private takeHeadLine(bytes: Buffer, start: number, end: number): void {
    const line = this.head.takeLine(bytes, start, end);
    if (line === 'end') this.endHead();
    else if (line === 'bad') this.expecting = 'bad';
  }

  private endHead(): void {
    const { status, chunked, contentLength } = this.head;
    this.keepAlive = this.head.keepAlive;
    if (status < 200) {
      this.reset();
    } else if (status === 204 || status === 304) {
      this.finishOwn();
    } else if (chunked) {
      this.expecting = contentLength >= 0 ? 'bad' : 'chunk-size';
    } else if (contentLength < 0) {
      this.keepAlive = false;
      this.expecting = 'body-until-close';
    } else if (contentLength === 0) {
      this.finishOwn();
    } else {
      this.missing = contentLength;
      this.expecting = 'body';
    }
  }

  private readChunkSize(line: string): void {
    const text = line.split(';')[0]!.trim();
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
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.own.length, this.head.contentLength, 4096));
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
