import { isImpaired } from '../domain/network.ts';
import type { LoadGenerator, LoadPlan, LoadResult, LoadTick } from '../study/ports.ts';
import { createImpairmentProxies } from './impairment.ts';
import { mergeResults, mergeTicks } from './merge-results.ts';
import { createLoadThread, type LoadThread, type LoadThreadOptions } from './load-thread.ts';
import { networkMs } from './network-time.ts';
import { splitPlan } from './split-plan.ts';

/** The load generator: one thread, or as many as the study asks for, started with the first run and kept for the next ones. */
export function createThreadLoadGenerator(options: LoadThreadOptions): LoadGenerator {
  const threads: LoadThread[] = [createLoadThread(options)];

  const measure = async (plan: LoadPlan, runOptions: Parameters<LoadGenerator['run']>[1]): Promise<LoadResult> => {
    const count = Math.min(plan.measurement.threads, plan.environment.concurrency);
    if (count <= 1) return withoutOrigin(await threads[0]!.run(plan, runOptions));
    while (threads.length < count) threads.push(createLoadThread(options));
    const stopAll = new AbortController();
    const signal = AbortSignal.any([runOptions.signal, stopAll.signal]);
    const onTick = tickMerger(count, runOptions.onTick);
    /** Only a closed loop has a number in flight to keep up; a schedule ends when it is over. */
    const isClosed = plan.measurement.loadModel.kind === 'closed';
    const mine = threads.slice(0, count);
    /** Until all can send none does, and until all have enough none stops: the number in flight is what it should be throughout. */
    const onReady = whenAll(count, () => mine.forEach((thread) => thread.go()));
    const onEnough = whenAll(count, () => mine.forEach((thread) => thread.release()));
    const runs = splitPlan(plan, count).map((part, i) => mine[i]!.run(part, { signal, onReady, ...(isClosed && { onEnough }), onTick: (tick) => onTick(i, tick) }));
    try {
      return mergeResults(await Promise.all(runs));
    } catch (error) {
      stopAll.abort(error);
      await Promise.allSettled(runs);
      throw error;
    }
  };

  return {
    run: async (plan, runOptions) => {
      const { network } = plan.environment;
      if (!isImpaired(network)) return measure(plan, runOptions);
      const proxies = await createImpairmentProxies({ workerUrl: options.workerUrl, endpoints: plan.endpoints, network, seed: plan.seed, pin: plan.measurement.pinGenerator });
      try {
        const ownMs = await threads[0]!.hop(plan, proxies.hop);
        runOptions.signal.throwIfAborted();
        const result = await measure({ ...plan, endpoints: proxies.endpoints }, runOptions);
        return { ...result, network: { by: 'proxy', ownMs, ...(await proxies.report()) } };
      } finally {
        await proxies.close();
      }
    },
    networkMs: (endpoints) => networkMs(endpoints),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** Called `count` times, it does `then` once. */
function whenAll(count: number, then: () => void): () => void {
  let calls = 0;
  return () => {
    if (++calls === count) then();
  };
}

function withoutOrigin({ originMs: _, ...result }: LoadResult & { readonly originMs: number }): LoadResult {
  return result;
}

/** Tells the whole whenever the first thread ticks; what the others told meanwhile goes along. */
function tickMerger(count: number, onTick: (tick: LoadTick) => void): (thread: number, tick: LoadTick) => void {
  const latest = new Map<number, LoadTick>();
  let waiting: LoadTick['trips'][number][] = [];
  let told = 0;
  return (thread, tick) => {
    latest.set(thread, tick);
    waiting.push(...tick.trips);
    if (latest.size < count || (thread !== 0 && [...latest.values()].some(({ finished, planned }) => finished < planned))) return;
    const trips = waiting.map((trip) => ({ ...trip, index: told++ }));
    waiting = [];
    onTick(mergeTicks([...latest.values()], trips));
  };
}
