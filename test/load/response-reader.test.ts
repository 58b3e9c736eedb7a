import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseReader } from '../../main/load/response-reader.ts';

function read(pieces: readonly string[], closes = false): { state: string; status: number; body: string; keepAlive: boolean } {
  const reader = new ResponseReader();
  let state: string = 'more';
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1');
    state = reader.push(bytes, bytes.length);
  }
  if (closes && state === 'more') state = reader.end();
  const body = state === 'done' ? reader.body.toString('latin1', reader.bodyStart, reader.bodyEnd) : '';
  return { state, status: reader.status, body, keepAlive: reader.keepAlive };
}

const RESPONSES: Readonly<Record<string, { text: string; body: string; status: number; keepAlive: boolean; closes?: boolean }>> = {
  'a length': { text: 'HTTP/1.1 200 OK\r\nContent-Type: a\r\nCONTENT-length:  5 \r\n\r\nhello', body: 'hello', status: 200, keepAlive: true },
  'an empty body': { text: 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n', body: '', status: 503, keepAlive: true },
  'no reason phrase': { text: 'HTTP/1.1 404\r\nContent-Length: 1\r\n\r\nx', body: 'x', status: 404, keepAlive: true },
  chunks: { text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n0A\r\nlo, world!\r\n0\r\nTrailer: x\r\n\r\n', body: 'hello, world!', status: 200, keepAlive: true },
  'a closing server': { text: 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\n{}', body: '{}', status: 200, keepAlive: false },
  'an old server': { text: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}', body: '{}', status: 200, keepAlive: false },
  'an old server that keeps on': { text: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}', body: '{}', status: 200, keepAlive: true },
  'a body until the end': { text: 'HTTP/1.1 200 OK\r\n\r\nall of it', body: 'all of it', status: 200, keepAlive: false, closes: true },
  'an interim response': { text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', body: '{}', status: 200, keepAlive: true },
  'bare line feeds': { text: 'HTTP/1.1 200 OK\nContent-Length: 2\n\n{}', body: '{}', status: 200, keepAlive: true },
  'no content': { text: 'HTTP/1.1 204 No Content\r\n\r\n', body: '', status: 204, keepAlive: true },
};

describe.each(Object.entries(RESPONSES))('a response with %s', (_, { text, body, status, keepAlive, closes = false }) => {
  it('is read whole', () => {
    expect(read([text], closes)).toEqual({ state: 'done', status, body, keepAlive });
  });

  it('reads the same when split after every byte, and at any two places', () => {
    expect(read([...text], closes)).toEqual({ state: 'done', status, body, keepAlive });
    for (let i = 0; i <= text.length; i++) {
      for (const j of [i, Math.floor((i + text.length) / 2)]) {
        expect(read([text.slice(0, i), text.slice(i, j), text.slice(j)], closes)).toEqual({ state: 'done', status, body, keepAlive });
      }
    }
  });
});

describe.each(Object.entries(RESPONSES).filter(([, { closes }]) => closes !== true))('a response with %s that says where it ends', (_, { text }) => {
  it('is not done one byte early', () => {
    expect(read([text.slice(0, -1)]).state).toBe('more');
    expect(read([text.slice(0, -1)], true).state).toBe('bad');
  });

  it('refuses bytes nobody asked for', () => {
    expect(read([`${text}H`]).state).toBe('bad');
    expect(read([text, 'H']).state).toBe('bad');
  });
});

describe('what is not a response', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['no status', 'HTTP/1.1 abc OK\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['an absurd length', 'HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a compressed body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a chunk without size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n'],
    ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
    ['an endless line', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(1000)}`],
  ])('%s is bad', (_, text) => {
    expect(read([text]).state).toBe('bad');
    expect(read([...text]).state).toBe('bad');
  });
});

it('reads one response after the other through the same reader', () => {
  const reader = new ResponseReader();
  for (const body of ['first', '', 'third']) {
    reader.reset();
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    expect(reader.push(bytes, bytes.length)).toBe('done');
    expect(reader.body.toString('utf8', reader.bodyStart, reader.bodyEnd)).toBe(body);
  }
});

it('takes any body in any chunks and pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 50 }), { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 10 }), (chunks, cuts) => {
      const latin = chunks.map((chunk) => Buffer.from(chunk).toString('latin1'));
      const body = latin.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
      const text = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`;
      const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((end, i) => text.slice(places[i]!, end));
      expect(read(pieces)).toMatchObject({ state: 'done', body: latin.join('') });
    }),
    { seed: 7, numRuns: 300 },
  );
});

it('never throws and never finishes twice on arbitrary bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (pieces) => {
      const reader = new ResponseReader();
      for (const piece of pieces) reader.push(Buffer.from(piece), piece.length);
    }),
    { seed: 8, numRuns: 300 },
  );
});
