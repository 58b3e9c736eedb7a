import { formatCount, formatMemory, formatPercent, formatValue } from '../../main/domain/format.ts';
import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { countAxis, linearAxis } from './axis.ts';
import { failedRug } from './failed-rug.ts';
import { originWord } from './describe-trial.ts';
import { NO_RUG, type ChartValue, type Mark, type Panel, type Role, type Series } from './chart-value.ts';
import type { Measurement } from '../../main/domain/measurement.ts';
import type { Origin, Trial } from '../../main/domain/trial.ts';
import type { Study } from '../../main/domain/study.ts';

const ROLES: Readonly<Record<Origin, Role>> = { random: 'random', bayes: 'bayes', user: 'user' };

interface Row {
  readonly title: string;
  readonly unit: string;
  readonly of: (measurement: Measurement) => number | null;
}

/** Largest share of scheduler periods in which the CPU limit stopped a replica, percent. */
const throttled = ({ replicas }: Measurement): number | null => {
  const shares = replicas.flatMap(({ throttledShare }) => (throttledShare === null ? [] : [throttledShare]));
  return shares.length === 0 ? null : Math.max(...shares) * 100;
};

const USE: readonly Row[] = [
  { title: 'CPU in use', unit: 'cores', of: ({ cpuCores }) => cpuCores },
  { title: 'Peak memory of a replica', unit: 'MB', of: ({ memoryMb }) => memoryMb },
];
const WAITING: readonly Row[] = [
  { title: 'Throttled, worst replica', unit: '% of periods', of: throttled },
  { title: 'Waiting in the server', unit: 'ms', of: ({ server }) => server?.meanQueueMs ?? null },
  { title: 'Batch the server ran', unit: 'items', of: ({ server }) => server?.meanBatchSize ?? null },
];

/** CPU and memory of every trial, on one trial axis. */
export function resourceUseChart(study: Study, trials: readonly Trial[] = study.trials): ChartValue {
  return stacked(study, trials, 'resource-use', 'CPU and memory', USE);
}

/** What slows a server down: its CPU limit and its queue. */
export function waitingChart(study: Study, trials: readonly Trial[] = study.trials): ChartValue {
  return stacked(study, trials, 'waiting', 'Throttling, queue, batch', WAITING);
}

function stacked(study: Study, trials: readonly Trial[], id: string, title: string, rows: readonly Row[]): ChartValue {
  const measured = trials.filter(({ measurement }) => measurement !== null);
  const seen = rows.map((row) => measured.flatMap((trial): (Mark & { origin: Origin })[] => {
    const y = row.of(trial.measurement!);
    return y === null ? [] : [{ x: trial.number, y, trial: trial.number, index: trial.number - 1, origin: trial.origin }];
  }));
  const panels = rows.map((row, i): Panel => ({
    title: row.title, weight: 1, rug: i === rows.length - 1 ? failedRug(trials, 0, ({ number }) => number) : NO_RUG, annotations: [],
    y: linearAxis({ label: seen[i]!.length === 0 ? 'not observed' : '', unit: row.unit, values: [0, ...seen[i]!.map(({ y }) => y)], fromZero: true }),
    series: (['random', 'bayes', 'user'] as const).flatMap((origin): Series[] => {
      const marks = seen[i]!.filter((mark) => mark.origin === origin);
      return marks.length === 0 ? [] : [{ kind: 'points', role: ROLES[origin], label: originWord(origin), marks, size: 'mark', hollow: false }];
    }),
  }));
  const missing = rows.filter((_, i) => seen[i]!.length === 0).map((row) => row.title.toLowerCase().replace('cpu', 'CPU'));
  const finding = missing.length === 0 ? `${formatCount(measured.length)} measured trials` : `not observed: ${missing.join(', ')}`;
  return {
    id, title, finding, name: `${title} of ${formatCount(measured.length)} measured trials${missing.length === 0 ? '' : `; ${finding}`}.`,
    x: countAxis('Trial', 1, Math.max(study.spec.budget.trials, study.trials.length, 2)), panels,
    describe: ({ index }) => {
      const { number, configuration, measurement, origin, failure } = study.trials[index]!;
      if (failure !== null) return { title: `Trial ${number}, ${originWord(origin)}, failed`, lines: [formatTuple(study.spec, configuration), failure.message], formula: [] };
      const share = throttled(measurement!);
      return {
        title: `Trial ${number}, ${originWord(origin)}`,
        lines: [formatTuple(study.spec, configuration), `${formatValue(measurement!.cpuCores)} cores, ${formatMemory(measurement!.memoryMb)}`, ...(share === null ? [] : [`stopped by its limit in ${formatPercent(share)} of the periods`]), ...(measurement!.server === null ? [] : [`${formatValue(measurement!.server.meanQueueMs)} ms in the server’s queue, batches of ${formatValue(measurement!.server.meanBatchSize)} items`])],
        formula: [],
      };
    },
    table: () => ({ head: ['Trial', 'Sampler', ...rows.map((row) => `${row.title} (${row.unit})`)], rows: measured.map((trial) => [trial.number, originWord(trial.origin), ...rows.map((row) => row.of(trial.measurement!))]) }),
  };
}
