import { ServescapeError } from '../../../main/domain/errors.ts';
import type { StudySpec } from '../../../main/domain/study-spec.ts';
import { dockerBackendSchema } from '../../../main/domain/study-spec.ts';
import type { Trial } from '../../../main/domain/trial.ts';
import type { Deployment, Lab, LoadPlan } from '../../../main/study/ports.ts';
import { startStudyRun } from '../../../main/study/study-runner.ts';
import { memoryStore, randomChooser, scriptedLab, specOf, steadyLoad, untilAborted } from '../../study/doubles.ts';
import { createDockerHarness, predict, SMALL, type DockerHarness, type HarnessOptions } from './docker-harness.ts';

export interface DrillOptions extends HarnessOptions {
  readonly trials?: number;
  readonly readyTimeoutMs?: number;
  readonly serving?: Partial<typeof SMALL>;
  /** What goes wrong while the first trial is measured. */
  readonly duringLoad?: (harness: DockerHarness, plan: LoadPlan) => Promise<unknown>;
  readonly beforeTrial?: (trial: number) => Promise<unknown> | void;
}

export interface Drilled {
  readonly trials: readonly Trial[];
  /** What is left of it on the engine. */
  readonly remains: readonly string[];
}

/** A whole study on the engine in which something goes wrong; its load sends one request a trial and then waits for what happens. */
export async function drill({ trials = 2, readyTimeoutMs = 60_000, serving = {}, duringLoad, beforeTrial, ...options }: DrillOptions): Promise<Drilled> {
  const harness = createDockerHarness(options);
  const { replicas, cpuCores, gpuClockMhz: _, ...fixed } = { ...SMALL, ...serving };
  const spec = specOf((usual): StudySpec => ({
    ...usual,
    backend: dockerBackendSchema.parse({ kind: 'docker', ...options.backend }),
    space: [{ kind: 'ordinal', name: 'replicas', values: [replicas, replicas + 1], scale: 'linear' }],
    fixed: { cpuCores, ...fixed }, sampler: { kind: 'random' }, objective: { ...usual.objective, constraints: [] },
    budget: { ...usual.budget, trials }, measurement: { ...usual.measurement, readyTimeoutMs },
  }));
  const { lab: scripted } = scriptedLab();
  let current = 0;
  const deploy = async (request: Parameters<Lab['backend']['deploy']>[0]): Promise<Deployment> => {
    current = request.labels.trial;
    await beforeTrial?.(current);
    return harness.backend.deploy(request);
  };
  const lab: Lab = {
    ...scripted,
    machine: { ...scripted.machine, read: async () => ({ ...(await scripted.machine.read()), cores: 1024, memoryMb: 100_000_000 }) },
    backend: { ...harness.backend, deploy },
    load: {
      close: async () => undefined,
      run: async (plan, { signal }) => {
        if (current > 1 || duringLoad === undefined) {
          await Promise.all(plan.endpoints.map(async (endpoint) => {
            const answer = await predict(endpoint);
            if (!answer.ok) throw new ServescapeError('no-answers', `status ${answer.status}`);
          }));
          return steadyLoad();
        }
        const waits = untilAborted(signal);
        waits.catch(() => undefined);
        await duringLoad(harness, plan);
        return waits;
      },
    },
  };
  const store = memoryStore(spec);
  const run = startStudyRun({
    study: store.study(), projectId: harness.project, store, labs: [lab], wallMs: () => performance.now(), onEvent: () => undefined, onLive: () => undefined,
    chooser: {
      ...randomChooser(),
      ask: async () => ({ configuration: { replicas }, origin: 'random', prediction: null, largestExpectedGain: null }),
    },
  });
  const reason = await run.ended;
  if (reason.kind !== 'budget') throw new Error(`The study did not complete: ${reason.text}`);
  return { trials: store.study().trials, remains: await harness.remains().catch(() => []) };
}
