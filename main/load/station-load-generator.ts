import type { Duplex } from 'node:stream';
import { ServescapeError } from '../domain/errors.ts';
import type { ModelSpec } from '../domain/study-spec.ts';
import type { LoadGenerator, LoadPlan, LoadResult } from '../study/ports.ts';
import type { DataPlaces } from '../workloads/workloads.ts';
import { carriedData, type CarriedPath } from './carried-data.ts';
import { createStationCalls, type StationCalls } from './station-calls.ts';

export interface StationOptions extends DataPlaces {
  /** The model of all plans; its data are brought along. */
  readonly model: ModelSpec;
  /** Starts `load-station.ts` where the replicas are, with these files. Destroying the stream ends it. */
  readonly open: (paths: readonly CarriedPath[], signal: AbortSignal) => Promise<{ readonly stream: Duplex; readonly engine: string }>;
}

interface Station extends StationCalls {
  readonly engine: string;
  readonly model: ModelSpec;
}

/** An aborted run that has not ended by itself after this long loses its load generator. */
const ABORT_PATIENCE_MS = 2000;
const ECHOES = 5;

/** The load generator beside the replicas: started with the first run and kept for the next ones. */
export function createStationLoadGenerator({ model, open, ...places }: StationOptions): LoadGenerator {
  const closing = new AbortController();
  let station: Promise<Station> | null = null;
  let busy = false;

  const start = async (): Promise<Station> => {
    const carried = carriedData(model, places);
    const { stream, engine } = await open(carried.paths, closing.signal);
    return { ...createStationCalls(stream), engine, model: carried.model };
  };
  const opened = async (): Promise<Station> => {
    closing.signal.throwIfAborted();
    if (station !== null && (await station).isLost()) station = null;
    const opening = (station ??= start());
    opening.catch(() => (station = null));
    return opening;
  };

  const measure = async (plan: LoadPlan, { signal, onTick }: Parameters<LoadGenerator['run']>[1]): Promise<LoadResult> => {
    const used = await unlessAborted(opened(), signal);
    const awayMs = await unlessAborted(echoMs(used), signal);
    signal.throwIfAborted();
    const there = { ...plan, model: { ...plan.model, ...(used.model.dataPath !== undefined && { dataPath: used.model.dataPath }) } };
    const run = used.call<LoadResult>((call) => ({ kind: 'run', call, plan: there }), onTick);
    let patience: NodeJS.Timeout | undefined;
    const abort = (): void => {
      used.abort();
      patience = setTimeout(() => void used.end(signal.reason as Error), ABORT_PATIENCE_MS);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return { ...(await run), beside: { engine: used.engine, awayMs } };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(patience);
      signal.removeEventListener('abort', abort);
    }
  };

  return {
    run: async (plan, options) => {
      options.signal.throwIfAborted();
      if (busy) throw new ServescapeError('conflict', 'The load generator is already measuring a trial.');
      busy = true;
      try {
        return await measure(plan, options);
      } finally {
        busy = false;
      }
    },
    networkMs: async (endpoints) => (await opened()).call<number | null>((call) => ({ kind: 'network', call, endpoints })),
    close: async () => {
      const closed = new ServescapeError('aborted', 'The load generator was closed.');
      closing.abort(closed);
      await (await station?.catch(() => null))?.end(closed);
    },
  };
}

/** There and back, median of a few. */
async function echoMs(station: StationCalls): Promise<number> {
  const times: number[] = [];
  while (times.length < ECHOES) {
    const fromMs = performance.now();
    await station.call((call) => ({ kind: 'echo', call }));
    times.push(performance.now() - fromMs);
  }
  return times.sort((a, b) => a - b)[ECHOES >> 1]!;
}

function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
}
