import { KNOBS } from '../domain/knobs.ts';
import type { Capacity } from '../domain/machine.ts';
import { servingConfiguration, type ServingConfiguration } from '../domain/serving-configuration.ts';
import type { RangeProbe, RangeProbeUpdate, Range } from '../domain/range-probe.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import { loadEndpoints } from './load-way.ts';
import type { Deployment, Lab } from './ports.ts';

/** The source report's own probe: one replica, one core, 2,000 MB (§5.1). */
const PROBE = { replicas: 1, cpuCores: 1, memoryMb: 2000 };
const PHASE_S = 4;
const SAMPLE_MS = 500;
/** Limits people set: steps of 0.05 cores and 16 MB. */
const CORE_STEP = 0.05;
const MEMORY_STEP_MB = 16;
/** A server needs a little more on the way to being ready than when it is. */
const MEMORY_MARGIN = 1.1;

export interface RangeProbeRequest {
  readonly spec: StudySpec;
  readonly lab: Lab;
  readonly capacity: Capacity;
  readonly signal: AbortSignal;
  readonly onUpdate: (update: RangeProbeUpdate) => void;
}

/**
 * Runs one roomy configuration, first with one request at a time, then with the study's own load, and offers what it
 * used as bounds for CPU and memory. Everything it started is ended before it answers.
 */
export async function probeRange({ spec, lab, capacity, signal, onUpdate }: RangeProbeRequest): Promise<RangeProbe> {
  const serving: ServingConfiguration = {
    ...servingConfiguration(spec, {}), ...PROBE,
    cpuCores: Math.min(PROBE.cpuCores, capacity.cores), memoryMb: Math.min(PROBE.memoryMb, capacity.memoryMb),
    maxBatchSize: Math.max(spec.environment.requestBatchSize, servingConfiguration(spec, {}).maxBatchSize),
  };
  try {
    onUpdate({ kind: 'working', text: 'Starting one replica' });
    const deployment = await lab.backend.deploy({
      serving, model: spec.model, readyTimeoutMs: spec.measurement.readyTimeoutMs, signal,
      labels: { project: 'range-probe', study: 'range-probe', trial: 0 }, onReplica: () => undefined,
    });
    onUpdate({ kind: 'working', text: 'One request at a time' });
    const light = await observeUnder({ lab, spec, deployment, signal, concurrency: 1 });
    onUpdate({ kind: 'working', text: `${spec.environment.concurrency} requests at a time` });
    const full = await observeUnder({ lab, spec, deployment, signal, concurrency: spec.environment.concurrency });
    await deployment.release({ reusable: false });
    return { tried: serving, enforcement: deployment.enforcement, ...bounds([...light, ...full], capacity) };
  } finally {
    await lab.backend.close();
    await lab.load.close();
  }
}

interface Seen {
  readonly cpuCores: number | null;
  readonly memoryMb: number | null;
}

interface Phase extends Pick<RangeProbeRequest, 'lab' | 'spec' | 'signal'> {
  readonly deployment: Deployment;
  readonly concurrency: number;
}

/** Whole-window means beside the readings on the way: both ends of the range are real readings. */
async function observeUnder({ lab, spec, deployment, signal, concurrency }: Phase): Promise<readonly Seen[]> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), PHASE_S * 1000);
  const seen: Seen[] = [];
  await deployment.beginObservation();
  const sampler = setInterval(() => seen.push(...deployment.latest()), SAMPLE_MS);
  try {
    const plan = {
      endpoints: loadEndpoints(spec, deployment), model: spec.model, environment: { ...spec.environment, concurrency }, seed: `${spec.seed}/range-probe`,
      measurement: { ...spec.measurement, requests: { kind: 'fixed', count: 1_000_000 } as const },
    };
    await Promise.race([lab.load.run(plan, { signal: AbortSignal.any([signal, over.signal]), onTick: () => undefined }), deployment.died]);
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    clearInterval(sampler);
    over.abort();
  }
  const { replicas } = await deployment.observe();
  return [...seen.slice(1), ...replicas];
}

function bounds(seen: readonly Seen[], capacity: Capacity): Pick<RangeProbe, 'cpuCores' | 'memoryMb'> {
  const cpu = rangeOf(seen.map(({ cpuCores }) => cpuCores));
  const memory = rangeOf(seen.map(({ memoryMb }) => memoryMb));
  return {
    cpuCores: cpu && {
      observed: cpu,
      offered: widened(toStep(Math.floor, cpu.low, CORE_STEP), toStep(Math.ceil, cpu.high, CORE_STEP), CORE_STEP, KNOBS.cpuCores.least, capacity.cores),
    },
    memoryMb: memory && {
      observed: memory,
      offered: widened(toStep(Math.ceil, memory.low * MEMORY_MARGIN, MEMORY_STEP_MB), toStep(Math.ceil, memory.high * MEMORY_MARGIN, MEMORY_STEP_MB), MEMORY_STEP_MB, KNOBS.memoryMb.least, capacity.memoryMb),
    },
  };
}

function rangeOf(values: readonly (number | null)[]): Range | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : { low: Math.min(...known), high: Math.max(...known) };
}

function toStep(round: (value: number) => number, value: number, step: number): number {
  return Number((round(value / step - (round === Math.ceil ? 1e-9 : -1e-9)) * step).toFixed(2));
}

/** Inside what makes sense, and wide enough to search: four steps at least. */
function widened(low: number, high: number, step: number, least: number, most: number): Range {
  const from = Math.max(least, Math.min(low, most));
  const to = Math.min(most, Math.max(high, from + 4 * step));
  return { low: Number(from.toFixed(2)), high: Number(to.toFixed(2)) };
}
