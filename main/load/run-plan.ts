import { badInput } from '../domain/errors.ts';
import { createRandom } from '../domain/random.ts';
import type { LoadPlan, LoadResult, LoadTick } from '../study/ports.ts';
import { openWorkload } from '../workloads/workloads.ts';
import type { Workload } from '../workloads/workload.ts';
import { createBalancer } from './balancer.ts';
import { drive } from './drive.ts';
import { warmCodePath } from './private-sink.ts';
import { stopAfterCount, stopWhenSure, type StopRule } from './stop-rule.ts';
import type { Recorder } from './recorder.ts';

/** Workloads already read by this thread, by data folder and name. */
const opened = new Map<string, Promise<Workload>>();

/** One trial's load in this thread: encodes the requests, warms the code path, then measures. */
export async function runPlan(
  plan: LoadPlan,
  options: { readonly dataRoot: string; readonly signal: AbortSignal; readonly onTick: (tick: LoadTick) => void },
): Promise<LoadResult> {
  if (plan.endpoints.length === 0) throw badInput('endpoints', [], 'at least one replica');
  const { environment, measurement, model } = plan;
  const workload = await workloadOf(model.workload, options.dataRoot);
  const items = environment.requestBatchSize;
  const most = measurement.requests.kind === 'fixed' ? measurement.requests.count : measurement.requests.atMost;
  const pool = workload.encode({ requestBatchSize: items, inputs: environment.inputs, seed: plan.seed, count: most });
  await warmCodePath();
  options.signal.throwIfAborted();
  const result = await drive(
    {
      endpoints: plan.endpoints,
      concurrency: environment.concurrency,
      timeoutMs: measurement.timeoutMs,
      excludeFirst: measurement.excludeFirst,
      balancer: createBalancer(model.balancing, createRandom(plan.seed).split('balancing')),
      request: (issued) => pool.bytes(issued % pool.count),
      isAnswer: (body, start, end) => workload.isAnswer(body, start, end, items),
      stop: (recorder) => stopRule(plan, recorder),
    },
    options,
  );
  const { trips, durationS, lagMsP99, cpuShare, sure } = result;
  return { trips, durationS, lagMsP99, cpuShare, sure };
}

function stopRule(plan: LoadPlan, recorder: Recorder): StopRule {
  const { requests } = plan.measurement;
  if (requests.kind === 'fixed') return stopAfterCount(requests.count);
  return stopWhenSure({ ...requests, concurrency: plan.environment.concurrency }, recorder);
}

function workloadOf(name: LoadPlan['model']['workload'], dataRoot: string): Promise<Workload> {
  const key = `${dataRoot}\n${name}`;
  const known = opened.get(key);
  if (known !== undefined) return known;
  const opening = openWorkload(name, dataRoot);
  opening.catch(() => opened.delete(key));
  opened.set(key, opening);
  return opening;
}
