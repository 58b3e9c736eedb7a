import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { frameReader, toFrame } from '../../main/load/message-frames.ts';
import { carriedData } from '../../main/load/carried-data.ts';
import { createStationLoadGenerator } from '../../main/load/station-load-generator.ts';
import type { LoadGenerator } from '../../main/study/ports.ts';
import { writeDigits } from '../workloads/idx-file.ts';
import { loadPlan as plan } from './load-plan.ts';
import { answer, closeServers, predictions, startServer, type SeenRequest } from './servers.ts';
import { startStation } from './station-process.ts';

const never = new AbortController().signal;
const good = (request: SeenRequest): unknown => request.socket.write(answer(predictions(1)));
let dataRoot = '';
beforeAll(async () => {
  dataRoot = mkdtempSync(join(tmpdir(), 'station-'));
  await writeDigits(dataRoot);
});
afterAll(() => rmSync(dataRoot, { recursive: true }));

describe('frames', () => {
  it.each([1, 3, 7, 1000])('come out as they went in, in pieces of %i bytes', (size) => {
    const messages = [
      { kind: 'a', none: null, text: 'ü “x”', startMs: new Float64Array([0, 1.5, 1e-7]), replica: new Uint16Array([65_535, 2]), fault: new Uint8Array([1]), width: new Uint32Array(0) }, {}, { deep: [{ trips: new Float64Array(300).fill(0.1) }] },
    ];
    const bytes = Buffer.concat(messages.map(toFrame));
    const read: unknown[] = [];
    const reader = frameReader((message) => read.push(message));
    for (let at = 0; at < bytes.length; at += size) reader(bytes.subarray(at, at + size));
    expect(read).toEqual(messages);
  });

  it('refuse what cannot be a message', () => {
    expect(() => frameReader(() => undefined)(Buffer.from('HTTP/1.1 200 OK'))).toThrow(/1213486160 bytes/);
  });
});

describe('data for a station', () => {
  const { model } = plan([]);

  it('are the study’s own file, which is called otherwise there', () => {
    const carried = carriedData({ ...model, dataPath: dataRoot }, { dataRoot: '/nowhere', ownDataRoot: null });
    const to = carried.paths[0]!.to;
    expect(carried.paths).toEqual([{ from: dataRoot, to }]);
    expect(to).toMatch(/^\/data\/study\/station-\w+$/);
    expect(carried.model.dataPath).toBe(to);
  });

  it('else the user’s for this workload, else what comes with the program', () => {
    expect(carriedData(model, { dataRoot: '/nowhere', ownDataRoot: dataRoot }).paths).toEqual([{ from: join(dataRoot, 'digits'), to: '/data/own/digits' }]);
    expect(carriedData(model, { dataRoot, ownDataRoot: null }).paths).toEqual([{ from: join(dataRoot, 'digits'), to: '/data/bundled/digits' }]);
  });
});

describe('a station', () => {
  let generator: LoadGenerator | null = null;
  const children: ChildProcess[] = [];
  afterEach(async () => {
    await generator?.close();
    await closeServers();
  });
  const started = (through: (stream: Duplex) => Duplex = (stream) => stream): LoadGenerator => (generator = createStationLoadGenerator({
    model: plan([]).model, dataRoot, ownDataRoot: null,
    open: async () => {
      const { child, stream } = startStation(dataRoot);
      children.push(child);
      return { stream: through(stream), engine: 'a test' };
    },
  }));

  it('says how far away it is, which is in no round trip', async () => {
    const server = await startServer(good);
    const { beside, trips } = await started((stream) => delayed(stream, 30)).run(plan([server.endpoint], {}, 20), { signal: never, onTick: () => undefined });
    expect(beside!.engine).toBe('a test');
    expect(beside!.awayMs).toBeGreaterThanOrEqual(58);
    expect(Math.min(...trips.roundTripMs)).toBeLessThan(58);
  });

  it('that is killed in the middle of a run ends it with words; the next run gets a fresh one', async () => {
    const silent = await startServer(() => children.at(-1)!.kill('SIGKILL'));
    const used = started();
    await expect(used.run(plan([silent.endpoint]), { signal: never, onTick: () => undefined })).rejects.toMatchObject({ code: 'connection-lost' });
    const server = await startServer(good);
    expect((await used.run(plan([server.endpoint], {}, 30), { signal: never, onTick: () => undefined })).trips.fault.length).toBe(30);
  });

  it('that does not answer an abort is ended', async () => {
    const abort = new AbortController();
    const silent = await startServer(() => {
      children.at(-1)!.kill('SIGSTOP');
      abort.abort(new Error('over'));
    });
    const used = started();
    const run = used.run(plan([silent.endpoint]), { signal: abort.signal, onTick: () => undefined });
    await expect(run).rejects.toThrowError('over');
    children.at(-1)!.kill('SIGKILL');
  });

  it('that talks nonsense is ended, and says so', async () => {
    const nonsense = new Duplex({ read: () => undefined, write: (_bytes, _encoding, done) => done() });
    const used = createStationLoadGenerator({ model: plan([]).model, dataRoot, ownDataRoot: null, open: async () => ({ stream: nonsense, engine: 'x' }) });
    const run = used.run(plan([]), { signal: never, onTick: () => undefined });
    nonsense.push('HTTP/1.1 400 Bad Request\r\n');
    await expect(run).rejects.toMatchObject({ code: 'connection-lost', message: 'What the load generator beside the replicas sends cannot be read.' });
    await used.close();
  });
});

/** Every byte later by so much, each way. */
function delayed(inner: Duplex, ms: number): Duplex {
  const outer = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => {
      setTimeout(() => inner.write(bytes), ms);
      done();
    },
    destroy: (error, done) => {
      inner.on('close', () => done(error)).destroy();
    },
  });
  inner.on('data', (bytes) => setTimeout(() => outer.push(bytes), ms));
  return outer;
}
