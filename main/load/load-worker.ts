import { parentPort } from 'node:worker_threads';
import { errorData } from '../domain/errors.ts';
import { tripsOf } from '../domain/round-trips.ts';
import type { LoadResult } from '../study/ports.ts';
import { startImpairmentProxies, type ImpairmentProxies } from './impairment-proxy.ts';
import { pinThisThread } from './pin-thread.ts';
import { measureHop } from './proxy-hop.ts';
import { requestBytes, runPlan } from './run-plan.ts';
import type { FromLoadWorker, ToLoadWorker } from './worker-messages.ts';

/** Entry of both threads of this room. Measures one run at a time and hands results over without copying; or impairs the network. */
let current = new AbortController();
let isReleased = false;
let proxies: ImpairmentProxies | null = null;
let go: () => void = () => undefined;

parentPort?.on('message', (message: ToLoadWorker) => {
  switch (message.kind) {
    case 'abort':
      return current.abort();
    case 'impair':
      return void impair(message);
    case 'hop':
      return void hop(message);
    case 'report':
      return void proxies?.report().then((lateness) => post({ kind: 'lateness', lateness }));
    case 'go':
      return go();
    case 'release':
      isReleased = true;
      return;
    case 'run':
      isReleased = false;
      current = new AbortController();
      return void serve(message, current.signal);
  }
});

async function impair({ endpoints, network, seed, pin }: Extract<ToLoadWorker, { kind: 'impair' }>): Promise<void> {
  if (pin) pinThisThread();
  proxies = await startImpairmentProxies(endpoints, network, seed);
  post({ kind: 'impaired', endpoints: proxies.endpoints, hop: proxies.hop });
}

async function hop({ plan, dataRoot, ownDataRoot, hop: probe }: Extract<ToLoadWorker, { kind: 'hop' }>): Promise<void> {
  const places = { dataRoot, ownDataRoot };
  post({ kind: 'hop', ownMs: await requestBytes(plan, places).then((bytes) => measureHop(probe, bytes)).catch(() => null) });
}

async function serve(message: Extract<ToLoadWorker, { kind: 'run' }>, signal: AbortSignal): Promise<void> {
  const { run, plan, dataRoot, ownDataRoot, waits, together } = message;
  const whenAllReady = (): Promise<void> => new Promise((resolve) => {
    go = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    post({ kind: 'ready', run });
  });
  try {
    const result = await runPlan(plan, { dataRoot, ownDataRoot, signal, onTick: (tick) => post({ kind: 'tick', run, tick }), ...(waits && { whenAllReady }), ...(together && { together: { announce: () => post({ kind: 'enough', run }), isReleased: () => isReleased } }) });
    post({ kind: 'result', run, result }, buffersOf(result));
  } catch (error) {
    const trips = tripsOf(error);
    post({ kind: 'failed', run, error: errorData(error), trips }, trips === null ? [] : buffersOf({ trips }));
  }
}

function post(message: FromLoadWorker, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function buffersOf({ trips }: Pick<LoadResult, 'trips'>): ArrayBuffer[] {
  return [trips.startMs, trips.roundTripMs, trips.replica, trips.fault, trips.excluded, ...(trips.width ? [trips.width] : [])].map((column) => column.buffer as ArrayBuffer);
}
