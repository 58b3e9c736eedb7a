import { formatCount, formatValue, timeUnit } from '../../main/domain/format.ts';
import { asksGpuClock } from '../../main/domain/gpu.ts';
import { labelInSentence, METRICS, type Direction, type MetricName } from '../../main/domain/metric.ts';
import { metricValue } from '../../main/domain/measurement.ts';
import { undominated } from '../../main/domain/pareto.ts';
import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { linearAxis, measuredAxis } from './axis.ts';
import { describeTrial, originWord } from './describe-trial.ts';
import { countedRug } from './failed-rug.ts';
import { objectiveScale } from './objective-scale.ts';
import { type ChartValue, type Mark, type Role, type Series } from './chart-value.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

interface Placed {
  readonly trial: Trial;
  readonly x: number;
  readonly y: number;
}

/** The study's two objectives; with one, latency against CPU in use, or against energy where the study is about it. With the trials no other one beats in both (source report §2, S6). */
export function paretoChart(study: Study, trials: readonly Trial[] = study.trials): ChartValue {
  const { latency, cost, placed: all } = tradeOffs(study, trials);
  const front = paretoFront(all, cost.direction);
  const x = measuredAxis({ label: latency.label, unit: latency.unit, values: all.map((one) => one.x) });
  const series = (role: Role, label: string, keep: (trial: Trial) => boolean): Series => ({
    kind: 'points', role, label, size: role === 'best' ? 'star' : 'mark', hollow: false,
    marks: all.filter(({ trial }) => keep(trial)).map(markOf),
  });
  const isBest = ({ number }: Trial): boolean => number === study.incumbent;
  const scale = objectiveScale(study);
  return {
    id: `latency-against-${cost.short.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
    title: `${latency.short} against ${cost.short}`,
    finding: all.length === 0 ? `${cost.short} was not observed` : `${formatCount(front.length)} on the front`,
    name: `${latency.short} against ${cost.name} of ${all.length} trials, ${front.length} of them on the Pareto front.`,
    x,
    panels: [{
      y: linearAxis({ label: cost.label, unit: cost.unit, values: all.length === 0 ? [0, 1] : all.map(({ y }) => y * 1.1), fromZero: true }),
      series: [
        { kind: 'line', role: 'best', label: 'front', points: front.map(({ x, y }) => ({ x, y })), stepped: true, dashed: false },
        ...[
          series('random', 'random', (trial) => trial.origin === 'random' && !isBest(trial)),
          series('bayes', 'Bayesian', (trial) => trial.origin === 'bayes' && !isBest(trial)),
          series('user', 'chosen by hand', (trial) => trial.origin === 'user' && !isBest(trial)),
          series('best', 'best', isBest),
        ].filter((one) => one.kind === 'points' && one.marks.length > 0),
      ],
      annotations: frontLabels(front, cost, latency.short === 'Latency'),
      rug: countedRug(trials, 0, x),
      weight: 1,
    }],
    describe: ({ index }) => describeTrial(study, study.trials[index]!, scale),
    table: () => ({
      head: ['Trial', 'Sampler', 'Configuration', `${latency.label} (${latency.unit})`, `${METRICS[cost.metric].label} (${cost.unit})`, 'On the front'],
      rows: all.map(({ trial, x, y }) => [
        trial.number, originWord(trial.origin), formatTuple(study.spec, trial.configuration), x, y,
        front.some((one) => one.trial.number === trial.number) ? 'yes' : 'no',
      ]),
    }),
  };
}

interface TradeOffs {
  readonly latency: { readonly short: string; readonly label: string; readonly unit: string };
  readonly cost: Cost;
  /** x: latency in its unit (or the first objective, where neither is a time), y: cost in its own. */
  readonly placed: readonly Placed[];
}

/** What the front is made of: the study's latency and what it costs, of every trial that met its conditions. */
export function tradeOffs(study: Study, trials: readonly Trial[]): TradeOffs {
  const { metric: first, second } = study.spec.objective;
  const isTime = (metric: MetricName): boolean => METRICS[metric].unit === 'ms';
  const both = second === undefined ? [] : [first, second.metric];
  // Of two objectives a time goes to the right, else what is to be small.
  const right = both.find(isTime) ?? both.find((metric) => METRICS[metric].direction === 'minimise');
  const latency = right ?? (isTime(first) ? first : 'meanRoundTripMs');
  const other = both.find((metric) => metric !== right);
  const cost = other === undefined ? costOf(study, trials) : costFrom(other);
  const raw = trials.flatMap((trial) => placed(trial, latency, cost.metric));
  const { label } = METRICS[latency];
  const { unit, factor } = isTime(latency) ? timeUnit(raw.reduce((most, { x }) => Math.max(most, x), 0) || 1) : { unit: METRICS[latency].unit, factor: 1 };
  return { latency: { short: isTime(latency) ? 'Latency' : label, label, unit }, cost, placed: raw.map((one) => ({ ...one, x: one.x * factor })) };
}

/** Not beaten in both by any other, x minimised; from fast to frugal. */
export function paretoFront<P extends { readonly x: number; readonly y: number }>(points: readonly P[], direction: Direction = 'minimise'): readonly P[] {
  const sign = direction === 'minimise' ? 1 : -1;
  return undominated(points, ({ x, y }) => [x, sign * y]);
}

interface Cost {
  readonly metric: MetricName;
  readonly short: string;
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly direction: Direction;
}

function costFrom(metric: MetricName): Cost {
  const { label, unit, direction } = METRICS[metric];
  const name = labelInSentence(metric);
  return { metric, short: name, name, label, unit, direction };
}

/** Energy where the study minimises it or turns the GPU clock and some trial could read it; else its proxy, CPU in use. */
function costOf({ spec }: Study, trials: readonly Trial[]): Cost {
  const aboutEnergy = asksGpuClock(spec) || ['joulesPerRequest', 'energyJ', 'gpuPowerW'].includes(spec.objective.metric);
  const read = trials.some(({ measurement }) => measurement !== null && metricValue(measurement, 'joulesPerRequest') !== null);
  return aboutEnergy && read
    ? { metric: 'joulesPerRequest', short: 'energy', name: 'energy per request', label: METRICS.joulesPerRequest.label, unit: 'J', direction: 'minimise' }
    : { metric: 'cpuCores', short: 'CPU', name: 'CPU in use', label: 'CPU in use, all replicas', unit: 'cores', direction: 'minimise' };
}

function placed(trial: Trial, latency: MetricName, cost: MetricName): readonly Placed[] {
  if (trial.measurement === null || trial.state !== 'complete' || !trial.feasible) return [];
  const x = metricValue(trial.measurement, latency);
  const y = metricValue(trial.measurement, cost);
  return x === null || y === null ? [] : [{ trial, x, y }];
}

function markOf({ trial, x, y }: Placed): Mark {
  return { x, y, trial: trial.number, index: trial.number - 1 };
}

function frontLabels(front: readonly Placed[], { short, unit, direction }: Cost, isTime: boolean): ChartValue['panels'][number]['annotations'] {
  if (front.length < 2) return [];
  const fast = front[0]!;
  const frugal = front[front.length - 1]!;
  return [
    { kind: 'text', x: fast.x, y: fast.y, role: 'best', text: `${isTime ? 'fastest' : 'lowest'}, ${formatValue(fast.y)} ${unit}`, align: 'start', place: 'above', strong: true },
    { kind: 'text', x: frugal.x, y: frugal.y, role: 'neutral', text: `${direction === 'minimise' ? 'least' : 'most'} ${short}`, align: 'end', place: 'below', strong: false },
  ];
}
