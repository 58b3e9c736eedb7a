import { errorData, ServescapeError } from '../domain/errors.ts';
import { brokenRule, feasibilityRules } from '../domain/feasibility.ts';
import { measure } from '../domain/measure.ts';
import { judge } from '../domain/objective.ts';
import { racingBar } from '../domain/sureness.ts';
import { balancingOf, servingConfiguration, type ServingConfiguration } from '../domain/serving-configuration.ts';
import type { Capacity } from '../domain/machine.ts';
import type { Configuration } from '../domain/parameter.ts';
import { PERFECT_NETWORK } from '../domain/network.ts';
import { tripsOf, type RoundTrips } from '../domain/round-trips.ts';
import type { Measurement } from '../domain/measurement.ts';
import type { MeasurementSpec, StudySpec } from '../domain/study-spec.ts';
import { outcomeSchema, type Failure, type Outcome, type StageSeconds } from '../domain/trial.ts';
import type { TrialView } from './trial-view.ts';
import { gpuReading, setGpuClock } from './gpu-clock.ts';
import { loadEndpoints, networkMsOf } from './load-way.ts';
import { atMost, unlessDeaf } from './patience.ts';
import type { Deployment, Hardware, HardwareReading, Lab, LoadResult } from './ports.ts';

/** How much later than a broken connection the news of a replica's death, or of its engine's end, may arrive. */
const DEATH_NOTICE_MS = 3000;
/** Handing replicas back; an engine that takes longer is not waited for. */
const RELEASE_LIMIT_MS = 60_000;
const RESTORE_LIMIT_MS = 30_000;
const READING_LIMIT_MS = 10_000;

export interface TrialRequest {
  readonly spec: StudySpec;
  readonly configuration: Configuration;
  readonly trial: number;
  readonly labels: { readonly project: string; readonly study: string };
  readonly capacity: Capacity;
  readonly lab: Lab;
  readonly signal: AbortSignal;
  readonly view: TrialView;
  /** The best trial so far: its objective value, and how it began. Null before there is one. */
  readonly incumbent?: { readonly value: number; readonly beginningMs: readonly number[] } | null;
}

export interface TrialResult {
  readonly outcome: Outcome;
  readonly seconds: StageSeconds;
  readonly trips: RoundTrips | null;
  /** GPU clocks that could not be given back, in words. */
  readonly unrestored: readonly string[];
}

/** Deploy, load, observe, measure, judge; replicas and clocks handed back on every path. Never rejects: failure is data. */
export async function runTrial(request: TrialRequest): Promise<TrialResult> {
  const { spec, configuration, capacity, lab, signal } = request;
  const stopwatch = createStopwatch(() => lab.clock.nowMs());
  const serving = servingConfiguration(spec, configuration);
  let trips: RoundTrips | null = null;
  const unrestored: string[] = [];
  try {
    const broken = brokenRule(feasibilityRules(spec, { capacity }), serving);
    if (broken) {
      throw new ServescapeError('limit-above-machine', `Not started: it breaks the rule ${broken.text}.`, {
        hint: 'Narrow the search space or choose another configuration.',
      });
    }
    const outcome = await deployAndMeasure(request, serving, stopwatch, { trips: (columns) => (trips = columns), unrestored: (words) => unrestored.push(...words) });
    return { outcome: refuseUnstorable(outcome), seconds: stopwatch.seconds(), trips, unrestored };
  } catch (error) {
    const outcome: Outcome = signal.aborted
      ? { state: 'aborted', reason: abortReason(signal) }
      : { state: 'failed', failure: toFailure(error), measurement: null };
    return { outcome, seconds: stopwatch.seconds(), trips, unrestored };
  }
}

/** What is worth keeping even when the trial fails later. */
interface Keep {
  readonly trips: (trips: RoundTrips) => void;
  readonly unrestored: (words: readonly string[]) => void;
}

async function deployAndMeasure(
  request: TrialRequest, serving: ServingConfiguration, stopwatch: Stopwatch, keep: Keep,
): Promise<Outcome> {
  const { spec, trial, labels, lab, signal, view } = request;
  const backgroundShare = await unlessDeaf(signal, lab.machine.backgroundLoad());
  view.enter('deploying', {});
  const deployment = await stopwatch.time('deploy', () =>
    unlessDeaf(
      signal,
      lab.backend.deploy({
        serving, model: spec.model, network: spec.environment.network, readyTimeoutMs: spec.measurement.readyTimeoutMs, labels: { ...labels, trial }, signal,
        onReplica: view.replica,
      }),
      (late) => void late.release({ reusable: false }).catch(() => undefined),
    ),
  );
  let reusable = false;
  try {
    view.watch(() => deployment.latest());
    view.enter('loading', stopwatch.seconds());
    const networkMs = await unlessDeaf(signal, networkMsOf(spec, lab, deployment));
    const clock = await unlessDeaf(signal, setGpuClock(spec, serving, lab.hardware));
    await unlessDeaf(signal, deployment.beginObservation());
    const { load, hardware } = await stopwatch.time('measure', () => watchedLoad(request, deployment, keep));
    keep.trips(load.trips);
    view.enter('measuring', stopwatch.seconds());
    const { replicas, server } = await unlessDeaf(signal, deployment.observe());
    const measurement = withNetwork(networkMs, measure({
      ...load, spec, network: deployment.network ?? load.network,
      replicas, server, enforcement: deployment.enforcement, backgroundShare,
      gpu: hardware && gpuReading(hardware, clock), energy: hardware?.energy ?? null,
    }));
    reusable = Object.keys(measurement.errors).length === 0;
    const { value, feasible, violations } = judge(spec.objective, measurement);
    return { state: 'complete', measurement, value, feasible, violations: [...violations] };
  } finally {
    view.enter('tearing-down', stopwatch.seconds());
    keep.unrestored(await restoreClocks(lab.hardware));
    // What cannot be handed back now is ended with the backend, or swept by the next start.
    await atMost(RELEASE_LIMIT_MS, 'Handing replicas back', deployment.release({ reusable })).catch(() => undefined);
  }
}

function withNetwork(networkMs: number | null, measurement: Measurement): Measurement {
  return networkMs === null ? measurement : { ...measurement, networkMs };
}

async function watchedLoad(request: TrialRequest, deployment: Deployment, keep: Keep): Promise<{ readonly load: LoadResult; readonly hardware: HardwareReading | null }> {
  const watch = watchHardware(request.lab.hardware);
  const load = await loadUntilDone(request, deployment, keep).catch(async (error: unknown) => {
    await watch?.end().catch(() => undefined);
    throw error;
  });
  return { load, hardware: (await watch?.end()) ?? null };
}

function watchHardware(hardware: Hardware | undefined): { end(): Promise<HardwareReading> } | undefined {
  const watch = hardware?.watch();
  return watch && { end: () => atMost(READING_LIMIT_MS, 'Reading the hardware', watch.end()) };
}

/** Clocks that could not be given back, in words. Never rejects. */
export async function restoreClocks(hardware: Hardware | undefined): Promise<readonly string[]> {
  if (hardware === undefined) return [];
  try {
    return await atMost(RESTORE_LIMIT_MS, 'Giving the GPU clocks back', hardware.clocks.restore());
  } catch (error) {
    return [errorData(error).message];
  }
}

/** A measurement with values that are no numbers cannot be kept: that trial failed, the run goes on. */
function refuseUnstorable(outcome: Outcome): Outcome {
  const check = outcomeSchema.safeParse(JSON.parse(JSON.stringify(outcome)));
  if (check.success) return outcome;
  const { path, message } = check.error.issues[0]!;
  return { state: 'failed', measurement: null, failure: { code: 'internal', message: `What was measured cannot be kept: ${path.slice(1).join('.')}: ${message}.`, log: [] } };
}

/** The load ends early when a replica dies; whichever comes first decides. */
async function loadUntilDone(request: TrialRequest, deployment: Deployment, keep: Keep): Promise<LoadResult> {
  const { spec, configuration, trial, lab, signal, view } = request;
  const ended = new AbortController();
  const load = lab.load.run(
    {
      endpoints: loadEndpoints(spec, deployment), model: { ...spec.model, balancing: balancingOf(spec, configuration) },
      environment: deployment.network === undefined ? spec.environment : { ...spec.environment, network: PERFECT_NETWORK },
      measurement: sendingAs(spec), seed: `${spec.seed}/trial-${trial}`,
      bar: racingBar(spec, request.incumbent ?? null),
    },
    { signal: AbortSignal.any([signal, ended.signal]), onTick: view.tick },
  );
  try {
    return await unlessDeaf(signal, Promise.race([load, deployment.died]));
  } catch (error) {
    ended.abort(error);
    await unlessDeaf(ended.signal, load).catch((failure: unknown) => {
      const made = tripsOf(failure);
      if (made !== null) keep.trips(made);
    });
    // A lost connection is only the symptom when the replica itself has died: wait a moment for the cause to speak.
    const symptom = new Promise((resolve) => setTimeout(resolve, signal.aborted ? 0 : DEATH_NOTICE_MS, error));
    throw await Promise.race([deployment.died.catch((cause: unknown) => cause), symptom]);
  }
}

/** Replicas that keep off a core leave it to the threads that send; those stay there. */
function sendingAs({ backend, measurement }: StudySpec): MeasurementSpec {
  return backend.kind === 'docker' && backend.pinCores ? { ...measurement, pinGenerator: true } : measurement;
}

function toFailure(error: unknown): Failure {
  const { code, message, hint, log } = errorData(error);
  return { code, message, ...(hint !== undefined && { hint }), log: (log ?? []).slice(-50) };
}

function abortReason(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : 'Stopped on request.';
}

interface Stopwatch {
  time<T>(stage: 'deploy' | 'measure', work: () => Promise<T>): Promise<T>;
  seconds(): StageSeconds;
}

function createStopwatch(nowMs: () => number): Stopwatch {
  const started = nowMs();
  const spent = { deploy: 0, measure: 0 };
  return {
    time: async (stage, work) => {
      const from = nowMs();
      try {
        return await work();
      } finally {
        spent[stage] += (nowMs() - from) / 1000;
      }
    },
    seconds: () => ({ ...spent, other: Math.max((nowMs() - started) / 1000 - spent.deploy - spent.measure, 0) }),
  };
}
