import { parentPort } from 'node:worker_threads';
import { errorData } from '../domain/errors.ts';
import type { LoadResult } from '../study/ports.ts';
import { runPlan } from './run-plan.ts';
import type { FromLoadWorker, ToLoadWorker } from './worker-messages.ts';

/** The load thread: one run at a time, results handed over without copying. */
let current = new AbortController();

parentPort?.on('message', (message: ToLoadWorker) => {
  if (message.kind === 'abort') current.abort();
  else {
    current = new AbortController();
    void serve(message, current.signal);
  }
});

async function serve(message: Extract<ToLoadWorker, { kind: 'run' }>, signal: AbortSignal): Promise<void> {
  const { run, plan, dataRoot } = message;
  try {
    const result = await runPlan(plan, { dataRoot, signal, onTick: (tick) => post({ kind: 'tick', run, tick }) });
    post({ kind: 'result', run, result }, buffersOf(result));
  } catch (error) {
    post({ kind: 'failed', run, error: errorData(error) });
  }
}

function post(message: FromLoadWorker, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function buffersOf({ trips }: LoadResult): ArrayBuffer[] {
  return [trips.startMs, trips.roundTripMs, trips.replica, trips.fault, trips.excluded].map((column) => column.buffer as ArrayBuffer);
}
