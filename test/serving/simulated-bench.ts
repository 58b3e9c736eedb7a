import { studySpecSchema, type StudySpecDraft } from '../../main/domain/study-spec.ts';
import type { ServingConfiguration } from '../../main/domain/serving-configuration.ts';
import type { LoadPlan, LoadResult, LoadTick, ReplicaObservation, ServerObservation } from '../../main/study/ports.ts';
import { createSimulatedLab, type SimulatedLab } from '../../main/serving/simulated/simulated-lab.ts';

export const USUAL: ServingConfiguration = {
  replicas: 2, cpuCores: 1, memoryMb: 1024, maxBatchSize: 16, batchTimeoutMicros: 300, batchThreads: 1, gpuClockMhz: 1000,
};

export interface BenchRun extends LoadResult {
  readonly meanMs: number;
  readonly replicas: readonly ReplicaObservation[];
  readonly server: ServerObservation | null;
  readonly ticks: readonly LoadTick[];
}

interface BenchOptions {
  readonly seed?: string;
  readonly lab?: SimulatedLab;
  readonly environment?: Partial<LoadPlan['environment']>;
  readonly measurement?: Partial<LoadPlan['measurement']>;
  readonly balancing?: LoadPlan['model']['balancing'];
  readonly signal?: AbortSignal;
}

/** Deploys, loads and observes once. */
export async function runOnce(serving: Partial<ServingConfiguration> = {}, options: BenchOptions = {}): Promise<BenchRun> {
  const { seed = 'bench', lab = createSimulatedLab({ appVersion: 'test' }), signal = new AbortController().signal } = options;
  const model = { workload: 'digits', transport: 'http', balancing: options.balancing ?? 'least-outstanding' } as const;
  const labels = { project: 'test', study: 'study-1', trial: 1 };
  const deployment = await lab.backend.deploy({
    serving: { ...USUAL, ...serving }, model, readyTimeoutMs: 60_000, labels, signal, onReplica: () => undefined,
  });
  const ticks: LoadTick[] = [];
  const draft: StudySpecDraft = {
    name: 'bench', backend: { kind: 'simulated' }, model, space: [{ kind: 'integer', name: 'replicas', low: 1, high: 2 }],
    environment: { concurrency: 20, ...options.environment }, objective: { metric: 'meanRoundTripMs', direction: 'minimise' },
    measurement: { requests: { kind: 'fixed', count: 3413 }, ...options.measurement }, sampler: { kind: 'random' },
    budget: { trials: 1 }, seed: 1,
  };
  const { environment, measurement } = studySpecSchema.parse(draft);
  try {
    await deployment.beginObservation();
    const plan = { endpoints: deployment.endpoints, model, environment, measurement, seed };
    const result = await lab.load.run(plan, { signal, onTick: (tick) => ticks.push(tick) });
    const { replicas, server } = await deployment.observe();
    const answered = result.trips.roundTripMs.filter((_, i) => result.trips.fault[i] === 0);
    return { ...result, meanMs: answered.reduce((sum, ms) => sum + ms, 0) / answered.length, replicas, server, ticks };
  } finally {
    await deployment.release({ reusable: true });
  }
}

/** Mean over a few seeds, so that a direction is not one draw's luck. */
export async function meanOf(serving: Partial<ServingConfiguration>, options: BenchOptions = {}, seeds = 3): Promise<number> {
  let sum = 0;
  for (let seed = 0; seed < seeds; seed++) sum += (await runOnce(serving, { ...options, seed: `mean-${seed}` })).meanMs;
  return sum / seeds;
}
