import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

export const LOG_LINES_MAX = 50;
const LINE_CHARS_MAX = 2000;

/** The last lines of what a replica printed, on whichever stream. Memory is bounded whatever it prints. */
export interface LogTail {
  readonly lines: () => readonly string[];
  /** Reads a stream to its end. `onLine` sees each whole line. */
  follow(stream: Readable, onLine?: (line: string) => void): void;
}

export function createLogTail(): LogTail {
  const kept: string[] = [];
  const keep = (line: string): void => {
    kept.push(line.slice(0, LINE_CHARS_MAX));
    if (kept.length > LOG_LINES_MAX) kept.shift();
  };
  return {
    lines: () => [...kept],
    follow: (stream, onLine) => {
      const decoder = new StringDecoder('utf8');
      let rest = '';
      const finish = (line: string): void => {
        keep(line);
        onLine?.(line);
      };
      stream.on('data', (chunk: Buffer) => {
        const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
        rest = (lines.pop() ?? '').slice(0, LINE_CHARS_MAX);
        lines.forEach(finish);
      });
      stream.on('end', () => {
        if (rest !== '') finish(rest);
        rest = '';
      });
      stream.on('error', () => undefined);
    },
  };
}
