import { connect } from 'node:net';
import type { Endpoint } from '../study/ports.ts';

const CONNECTIONS = 5;
const TIMEOUT_MS = 2000;

/**
 * The way to the replicas and back, without any work of a server: the time in which the other side's kernel accepts a
 * connection. Median over five to each, one at a time; null when none could be made.
 */
export async function networkMs(endpoints: readonly Endpoint[]): Promise<number | null> {
  const each = await Promise.all(endpoints.map(connectionTimes));
  const times = each.flat().sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? null;
}

async function connectionTimes(endpoint: Endpoint): Promise<readonly number[]> {
  const times: number[] = [];
  for (let i = 0; i < CONNECTIONS; i += 1) {
    const ms = await connectionMs(endpoint);
    if (ms === null) break;
    times.push(ms);
  }
  return times;
}

function connectionMs({ host, port }: Endpoint): Promise<number | null> {
  return new Promise((resolve) => {
    const fromMs = performance.now();
    const socket = connect({ host, port });
    const done = (ms: number | null): void => {
      socket.destroy();
      resolve(ms);
    };
    socket.setTimeout(TIMEOUT_MS, () => done(null));
    socket.once('connect', () => done(performance.now() - fromMs)).once('error', () => done(null));
  });
}
