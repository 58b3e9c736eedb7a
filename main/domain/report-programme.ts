import { inSentence } from './format.ts';
import { baseName, describeSweep, REPORT_CONCURRENCIES, sweepSpecSchema, type SweepSpec, type Vary } from './sweep.ts';
import type { Parameter } from './parameter.ts';
import type { StudySpec } from './study-spec.ts';

/** `student`: an hour or less on a laptop. `full`: the budgets of the report. */
export type ReportScale = 'student' | 'full';

/** One part of the report's work, as a sweep that runs without supervision. */
export interface ProgrammePart {
  readonly title: string;
  /** Which figures, tables and claims it yields. */
  readonly yields: string;
  readonly sweep: SweepSpec;
}

interface Scale {
  readonly trials: number;
  readonly startupTrials: number;
  /** Round trips of a trial; null: those of the template. */
  readonly requests: number | null;
  /** How often a fixed configuration is measured. */
  readonly repeats: number;
}

const SCALES: Readonly<Record<ReportScale, Scale>> = {
  student: { trials: 12, startupTrials: 6, requests: 400, repeats: 1 },
  full: { trials: 50, startupTrials: 25, requests: null, repeats: 3 },
};

/** A configuration that every part of the proposal holds while it turns one knob; it fits two cores. */
const HELD = { replicas: 2, cpuCores: 0.4, memoryMb: 320 };
type Held = keyof typeof HELD;
const MOST_REPLICAS = 6;

/**
 * Everything the two source documents did, in their order: random against Bayesian search on the GAN (report §5.1), OpenNMT
 * at Table 1's concurrencies (§5.2), and the progress note's one-parameter and reliability sweeps on MNIST.
 * @param template the study of a template, by its id
 * @param cores what all replicas may use together: where six at 0.4 do not fit, each gets less in the sweep over their number
 */
export function reportProgramme(template: (id: string) => StudySpec, scale: ReportScale, backend: StudySpec['backend'], cores: number): readonly ProgrammePart[] {
  const size = SCALES[scale];
  const base = (id: string): StudySpec => ({ ...template(id), backend });
  const duel = (id: string, concurrencies: readonly number[]): SweepSpec => sweep({ kind: 'concurrency', values: [...concurrencies] }, searched(base(id), size), true, 1);
  const single = (vary: Vary, values = HELD): SweepSpec => sweep(vary, held(base('mnist'), vary, values, size), false, size.repeats);
  const share = Math.max(0.05, Math.floor((20 * cores) / MOST_REPLICAS) / 20);
  return [
    { title: 'GAN on SVHN at the eight concurrency levels', yields: 'Figures 2 to 7 and the three claims', sweep: duel('gan-svhn', REPORT_CONCURRENCIES) },
    { title: 'OpenNMT in batches of 4', yields: 'Table 1', sweep: duel('opennmt', [2, 5, 10]) },
    { title: 'MNIST against the number of replicas', yields: 'Mean round trip against replicas', sweep: single({ kind: 'knob', knob: 'replicas', values: Array.from({ length: MOST_REPLICAS }, (_, i) => i + 1) }, { ...HELD, cpuCores: Math.min(HELD.cpuCores, share) }) },
    { title: 'MNIST against CPU capacity', yields: 'Mean round trip against CPU', sweep: single({ kind: 'knob', knob: 'cpuCores', values: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7] }) },
    { title: 'MNIST against memory capacity', yields: 'Mean round trip against memory', sweep: single({ kind: 'knob', knob: 'memoryMb', values: [160, 200, 256, 320, 400, 512] }) },
    { title: 'MNIST against network delay', yields: 'Mean round trip against delay', sweep: single({ kind: 'network', field: 'delayMs', values: [0, 2, 5, 10, 20] }) },
    { title: 'MNIST against lost messages', yields: 'Mean round trip against loss', sweep: single({ kind: 'network', field: 'lossPercent', values: [0, 0.5, 1, 2, 5] }) },
  ];
}

function sweep(vary: Vary, base: StudySpec, duel: boolean, repeats: number): SweepSpec {
  const spec = sweepSpecSchema.parse({ name: baseName(base), vary, duel, repeats, base });
  return { ...spec, name: `${spec.name}, ${inSentence(describeSweep(spec))}` };
}

/** The template's own search, both sides at the same budget. */
function searched(spec: StudySpec, size: Scale): StudySpec {
  const { rounds: _rounds, ...budget } = spec.budget;
  return {
    ...withRequests(spec, size), name: baseName(spec).replace(/, concurrency \d+/, ''), budget: { ...budget, trials: size.trials },
    sampler: { kind: 'bayes', startupTrials: size.startupTrials, acquisition: 'expected-improvement', xi: 1e-4 },
  };
}

/** One configuration, measured once for each value of what is varied. */
function held(spec: StudySpec, vary: Vary, values: typeof HELD, size: Scale): StudySpec {
  const names = (Object.keys(values) as Held[]).filter((name) => vary.kind !== 'knob' || vary.knob !== name);
  // A search space is never empty: it has one parameter with one value.
  const [first, ...rest] = names as [Held, ...Held[]];
  const only: Parameter = { kind: 'ordinal', name: first, values: [values[first]], scale: 'linear' };
  return {
    ...withRequests(spec, size), name: 'MNIST', space: [only], fixed: { ...Object.fromEntries(rest.map((name) => [name, values[name]])), maxBatchSize: 8, batchTimeoutMicros: 1000 },
    environment: { ...spec.environment, concurrency: 10 }, sampler: { kind: 'random' }, budget: { ...spec.budget, trials: 1 },
  };
}

function withRequests(spec: StudySpec, { requests }: Scale): StudySpec {
  return requests === null ? spec : { ...spec, measurement: { ...spec.measurement, requests: { kind: 'fixed', count: requests } } };
}
