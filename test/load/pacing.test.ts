import { afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import type { LoadModel } from '../../main/domain/study-spec.ts';
import { createBalancer } from '../../main/load/balancer.ts';
import { HTTP } from '../../main/load/client-connection.ts';
import { drive, type DrivePlan, type DriveResult } from '../../main/load/drive.ts';
import { arrivalTimes, createPacing } from '../../main/load/pacing.ts';
import { stopAfterCount } from '../../main/load/stop-rule.ts';
import { answer, closeServers, startServer, type SeenRequest, type TestServer } from './servers.ts';

afterEach(closeServers);

const REQUEST = Buffer.from('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
const good = (request: SeenRequest): unknown => request.socket.write(answer('{}'));

function run(server: TestServer, model: LoadModel, count: number, changes: Partial<DrivePlan> = {}): Promise<DriveResult> {
  const concurrency = changes.concurrency ?? 4;
  return drive(
    {
      endpoints: [server.endpoint], transport: HTTP, concurrency, closed: model.kind === 'closed', timeoutMs: 10_000, excludeFirst: 0,
      pacing: createPacing(model, { concurrency, count, random: createRandom('arrivals') }),
      balancer: createBalancer('least-outstanding', createRandom('test')),
      request: () => REQUEST, isAnswer: () => true, stop: () => stopAfterCount(count), ...changes,
    },
    { signal: new AbortController().signal },
  );
}

describe('arrival times', () => {
  const times = (model: LoadModel, count: number): number[] => {
    const dueMs = arrivalTimes(model, count, createRandom('times'))!;
    return Array.from({ length: count }, (_, i) => dueMs(i));
  };

  it('constant: evenly', () => expect(times({ kind: 'constant', ratePerS: 200 }, 4)).toEqual([0, 5, 10, 15]));

  it('Poisson: the rate on average, gaps as spread as they are long, the same for the same seed', () => {
    const due = times({ kind: 'poisson', ratePerS: 100 }, 20_000);
    const gaps = due.slice(1).map((time, i) => time - due[i]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const spread = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(mean).toBeCloseTo(10, 0);
    expect(spread / mean).toBeCloseTo(1, 1);
    expect(times({ kind: 'poisson', ratePerS: 100 }, 20_000)).toEqual(due);
  });

  it('ramp: from one rate to the other', () => {
    const due = times({ kind: 'ramp', fromPerS: 100, toPerS: 300 }, 1000);
    expect(due[1]! - due[0]!).toBeCloseTo(10, 1);
    expect(due[999]! - due[998]!).toBeCloseTo(1000 / 300, 1);
    expect(due[999]).toBeCloseTo(5000, -1);
    const level = times({ kind: 'ramp', fromPerS: 100, toPerS: 100 }, 3);
    level.forEach((time, i) => expect(time).toBeCloseTo(10 * i, 6));
    expect(arrivalTimes({ kind: 'closed' }, 5, createRandom(1))).toBeNull();
  });
});

describe('open loop', () => {
  it('sends on schedule whatever the answers do, and counts from the intended start', async () => {
    const held: SeenRequest[] = [];
    const server = await startServer((request) => {
      held.push(request);
      /** Nobody is answered before all have been sent: a closed loop would hang. */
      if (held.length === 40) held.forEach(good);
    });
    const { trips, lateMsP99 } = await run(server, { kind: 'constant', ratePerS: 400 }, 40);
    expect(trips.fault.length).toBe(40);
    const starts = [...trips.startMs].sort((a, b) => a - b);
    starts.forEach((start, i) => expect(start).toBeCloseTo(2.5 * i, 6));
    /** The first one waited for the last one to go out. */
    expect(Math.max(...trips.roundTripMs)).toBeGreaterThanOrEqual(39 * 2.5 - 0.1);
    expect(lateMsP99).toBeGreaterThanOrEqual(0);
  });

  it('a stalled generator shows up in the round trips of the requests that were due meanwhile', async () => {
    const server = await startServer(good);
    let stalled = false;
    const { trips, lateMsP99 } = await run(server, { kind: 'constant', ratePerS: 500 }, 100, {
      request: (issued) => {
        if (issued === 50 && !stalled) {
          stalled = true;
          for (const until = performance.now() + 60; performance.now() < until; );
        }
        return REQUEST;
      },
    });
    expect(trips.roundTripMs.filter((roundTrip) => roundTrip > 20).length).toBeGreaterThanOrEqual(15);
    expect(lateMsP99).toBeGreaterThan(40);
  });
});

describe('bursts', () => {
  it('send all at once and wait for all before the next', async () => {
    const waiting: SeenRequest[] = [];
    const sizes: number[] = [];
    const server = await startServer((request) => {
      waiting.push(request);
      if (waiting.length < 6) return;
      sizes.push(waiting.length);
      waiting.splice(0).forEach(good);
    });
    const { trips } = await run(server, { kind: 'burst', pauseMs: 1 }, 30, { concurrency: 6 });
    expect(sizes).toEqual([6, 6, 6, 6, 6]);
    expect(trips.fault.length).toBe(30);
  });
});

describe('edges', () => {
  it('the first and last round of a closed loop are sent, kept and left out', async () => {
    const server = await startServer(good);
    const { trips } = await run(server, { kind: 'closed' }, 100, { leaveOutEdges: true, concurrency: 8 });
    expect(trips.excluded.reduce((sum, mark) => sum + mark, 0)).toBe(16);
    expect(trips.fault.length).toBe(100);
  });

  it('a sticky client stays at its replica', async () => {
    const servers = [await startServer(good), await startServer(good), await startServer(good)];
    const { trips } = await run(servers[0]!, { kind: 'closed' }, 90, {
      concurrency: 2, endpoints: servers.map(({ endpoint }) => endpoint), balancer: createBalancer('sticky', createRandom(1)),
    });
    expect(new Set(trips.replica)).toEqual(new Set([0, 1]));
  });
});
