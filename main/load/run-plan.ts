import { badInput } from '../domain/errors.ts';
import { createRandom } from '../domain/random.ts';
import { leavesOutEdges } from '../domain/sureness.ts';
import type { LoadPlan, LoadTick } from '../study/ports.ts';
import { grpcPredictRequest, isPredictResponse, PREDICT_PATH } from '../workloads/grpc-predict.ts';
import { askSignature } from '../workloads/signature.ts';
import { openStudyWorkload, type DataPlaces } from '../workloads/workloads.ts';
import type { RequestPool, Workload } from '../workloads/workload.ts';
import { createBalancer } from './balancer.ts';
import { HTTP } from './client-connection.ts';
import { drive, type DrivePlan, type DriveResult } from './drive.ts';
import { histogramOf } from './histogram.ts';
import type { ThreadResult } from './merge-results.ts';
import { createPacing } from './pacing.ts';
import { pinThisThread } from './pin-thread.ts';
import { warmCodePath } from './private-sink.ts';
import { stopAfterCount, stopWhenClearlyWorse, stopWhenSure, type RacingRule, type StopRule, type Together } from './stop-rule.ts';
import type { Recorder } from './recorder.ts';

/** Workloads already read by this thread, by data folders and model. */
const opened = new Map<string, Promise<Workload>>();

/** Models whose server our own reader has refused before: the next trial asks undici from its first request on. */
const general = new Set<string>();

/** One trial's load in this thread: encodes the requests, warms the code path, then measures, at once or when all threads can. */
export async function runPlan(
  plan: LoadPlan,
  options: { readonly dataRoot: string; readonly ownDataRoot?: string | null; readonly signal: AbortSignal; readonly onTick: (tick: LoadTick) => void; readonly together?: Together; readonly whenAllReady?: () => Promise<void> },
): Promise<ThreadResult> {
  if (plan.endpoints.length === 0) throw badInput('endpoints', [], 'at least one replica');
  const { environment, measurement, model } = plan;
  const workload = await workloadOf(plan, { dataRoot: options.dataRoot, ownDataRoot: options.ownDataRoot ?? null }, options.signal);
  const most = measurement.requests.kind === 'fixed' ? measurement.requests.count : measurement.requests.atMost;
  const pool = workload.encode({ requestBatchSize: environment.requestBatchSize, inputs: environment.inputs, seed: plan.seed, count: most });
  const transport = transportOf(plan, workload, pool);
  await warmCodePath();
  await options.whenAllReady?.();
  options.signal.throwIfAborted();
  const pinnedCore = measurement.pinGenerator ? pinThisThread() : null;
  const racing: { rule: RacingRule | null } = { rule: null };
  const closed = measurement.loadModel.kind === 'closed';
  const server = JSON.stringify(model);
  const result = await drive(
    {
      ...transport,
      concurrency: environment.concurrency,
      timeoutMs: measurement.timeoutMs,
      general: general.has(server),
      excludeFirst: measurement.excludeFirst,
      ...(pool.width(0) !== null && { widthOf: (issued: number) => pool.width(issued % pool.count) ?? 0 }),
      leaveOutEdges: leavesOutEdges(measurement),
      closed,
      ...(options.together !== undefined && { together: options.together }),
      balancer: createBalancer(model.balancing, createRandom(plan.seed).split('balancing')),
      pacing: createPacing(measurement.loadModel, { concurrency: environment.concurrency, count: most, random: createRandom(plan.seed).split('arrivals') }),
      stop: (recorder) => {
        const rule = stopRule(plan, recorder);
        if (plan.bar == null || !closed) return rule;
        const replicas = plan.endpoints.length / measurement.threads;
        racing.rule = stopWhenClearlyWorse(rule, { bar: plan.bar, concurrency: environment.concurrency, replicas }, recorder);
        return racing.rule;
      },
    },
    options,
  );
  if (result.client === 'undici') general.add(server);
  return loadResult(plan, result, pinnedCore, racing.rule?.saved() ?? null);
}

/** Length of one request of this plan. */
export async function requestBytes(plan: LoadPlan, places: DataPlaces): Promise<number> {
  const workload = await workloadOf(plan, places, AbortSignal.timeout(plan.measurement.timeoutMs));
  const { requestBatchSize, inputs } = plan.environment;
  return transportOf(plan, workload, workload.encode({ requestBatchSize, inputs, seed: plan.seed, count: 1 })).request(0).length;
}

function loadResult(plan: LoadPlan, result: DriveResult, pinnedCore: number | null, saved: { readonly requests: number } | null): ThreadResult {
  const { trips, durationS, lagMsP99, cpuShare, sure, lateMsP99, client } = result;
  const { loadModel } = plan.measurement;
  const scheduled = loadModel.kind !== 'closed' && loadModel.kind !== 'burst';
  const dueS = scheduled ? trips.startMs.reduce((latest, start) => Math.max(latest, start), 0) / 1000 : 0;
  return {
    originMs: originMs(result), trips, durationS, lagMsP99, cpuShare, sure, pinnedCore, threads: 1, histogram: histogramOf(trips),
    ...(client !== undefined && { client }),
    ...(scheduled && { lateMsP99, offeredRps: dueS > 0 ? (trips.fault.length - 1) / dueS : 0 }),
    raced: saved === null ? null : {
      savedRequests: saved.requests, savedS: (saved.requests * durationS) / trips.fault.length, incumbentMs: plan.bar!.meanMs,
    },
  };
}

/** First send time on the monotonic clock of the machine, which all threads share, ms. */
function originMs({ firstMs }: DriveResult): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now() + firstMs;
}

function transportOf(plan: LoadPlan, workload: Workload, pool: RequestPool): Pick<DrivePlan, 'transport' | 'endpoints' | 'request' | 'isAnswer'> {
  const items = plan.environment.requestBatchSize;
  if (plan.model.transport === 'http') {
    return {
      transport: HTTP,
      endpoints: plan.endpoints,
      request: (issued) => pool.bytes(issued % pool.count),
      isAnswer: (body, start, end) => workload.isAnswer(body, start, end, items),
    };
  }
  const messages = Array.from({ length: pool.count }, (_, index) => grpcPredictRequest(workload.name, pool.tensors(index)));
  return {
    transport: { kind: 'grpc', path: PREDICT_PATH },
    endpoints: plan.endpoints.map(({ host, port, grpcPort = port }) => ({ host, port: grpcPort })),
    request: (issued) => messages[issued % messages.length]!,
    isAnswer: (body, start, end) => isPredictResponse(body, start, end, items),
  };
}

function stopRule(plan: LoadPlan, recorder: Recorder): StopRule {
  const { requests, loadModel } = plan.measurement;
  if (requests.kind === 'fixed') return stopAfterCount(requests.count);
  return stopWhenSure({ ...requests, concurrency: plan.environment.concurrency, closed: loadModel.kind === 'closed' }, recorder);
}

function workloadOf(plan: LoadPlan, places: DataPlaces, signal: AbortSignal): Promise<Workload> {
  const { workload } = plan.model;
  const key = JSON.stringify([places, plan.model]);
  const known = opened.get(key);
  if (known !== undefined) return known;
  const opening = openStudyWorkload(plan.model, places, () => askSignature(plan.endpoints[0]!, workload, signal));
  opening.catch(() => opened.delete(key));
  opened.set(key, opening);
  return opening;
}
