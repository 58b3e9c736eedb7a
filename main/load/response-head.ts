const MOST_HEADER_LINES = 200;
const MOST_BODY_BYTES = 256 * 2 ** 20;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const ZERO = 0x30;
const LOWER_CASE = 0x20;

/** What a line of a head led to; `end`: it was the empty one. */
export type HeadLine = 'more' | 'end' | 'bad';

/**
 * The head of an HTTP/1.x response, line by line and byte by byte: no string is made unless a rare header asks for it, because
 * all of this happens between an answer and the next request. Bounded; what is not understood is `bad`.
 */
export class ResponseHead {
  status = 0;
  /** Whether the server lets the connection be used again. */
  keepAlive = true;
  /** −1: not said. */
  contentLength = -1;
  chunked = false;

  private lines = 0;

  reset(): void {
    this.status = 0;
    this.keepAlive = true;
    this.contentLength = -1;
    this.chunked = false;
    this.lines = 0;
  }

  /** Takes bytes [start, end), a line without its end. */
  takeLine(bytes: Buffer, start: number, end: number): HeadLine {
    if (this.status === 0) return this.takeStatus(bytes, start, end);
    if (start === end) return 'end';
    if (++this.lines > MOST_HEADER_LINES) return 'bad';
    switch (bytes[start]! | LOWER_CASE) {
      case 0x63: // c
        if (isHeader(bytes, start, end, 'content-length')) return this.takeLength(bytes, start + 15, end);
        if (isHeader(bytes, start, end, 'connection')) this.takeConnection(bytes, start + 11, end);
        return 'more';
      case 0x74: // t
        return isHeader(bytes, start, end, 'transfer-encoding') ? this.takeEncoding(bytes, start + 18, end) : 'more';
      default:
        return 'more';
    }
  }

  /** "HTTP/1.1 200 OK", the reason and the space before it at will. */
  private takeStatus(bytes: Buffer, start: number, end: number): HeadLine {
    const startsWell = end - start >= 12 && matches(bytes, start, 'http/1.') && bytes[start + 8] === SPACE;
    if (!startsWell || (end - start > 12 && bytes[start + 12] !== SPACE)) return 'bad';
    const status = wholeNumber(bytes, start + 9, start + 12);
    if (!(status >= 100 && status < 600)) return 'bad';
    this.status = status;
    this.keepAlive = bytes[start + 7] !== ZERO;
    return 'more';
  }

  private takeLength(bytes: Buffer, start: number, end: number): HeadLine {
    const length = wholeNumber(bytes, start, end);
    const contradicts = this.contentLength >= 0 && this.contentLength !== length;
    if (!(length <= MOST_BODY_BYTES) || contradicts) return 'bad';
    this.contentLength = length;
    return 'more';
  }

  private takeEncoding(bytes: Buffer, start: number, end: number): HeadLine {
    const value = bytes.toString('latin1', start, end).trim().toLowerCase();
    if (value === 'chunked') this.chunked = true;
    else if (value !== 'identity') return 'bad';
    return 'more';
  }

  private takeConnection(bytes: Buffer, start: number, end: number): void {
    const first = bytes[start] === SPACE ? start + 1 : start;
    if (end - first === 10 && matches(bytes, first, 'keep-alive')) {
      this.keepAlive = true;
      return;
    }
    const words = bytes.toString('latin1', start, end).toLowerCase().split(',').map((word) => word.trim());
    if (words.includes('close')) this.keepAlive = false;
    else if (words.includes('keep-alive')) this.keepAlive = true;
  }
}

function isHeader(bytes: Buffer, start: number, end: number, name: string): boolean {
  return start + name.length < end && bytes[start + name.length] === COLON && matches(bytes, start, name);
}

/** Whether `word`, in lower case, stands at `start` in whatever case. */
function matches(bytes: Buffer, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    const expected = word.charCodeAt(i);
    const byte = bytes[start + i]!;
    if (byte !== expected && (expected < 0x61 || (byte | LOWER_CASE) !== expected)) return false;
  }
  return true;
}

/** The decimal digits in [start, end), white space around them at will; NaN for anything else, and beyond 15 digits. */
function wholeNumber(bytes: Buffer, start: number, end: number): number {
  let from = start;
  let to = end;
  while (from < to && isBlank(bytes[from]!)) from++;
  while (to > from && isBlank(bytes[to - 1]!)) to--;
  if (to === from || to - from > 15) return NaN;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = 10 * value + digit;
  }
  return value;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
