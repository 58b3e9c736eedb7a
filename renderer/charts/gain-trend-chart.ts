import { counted, formatPercent, formatValue } from '../../main/domain/format.ts';
import { describeValue, stepOf, type Sweep } from '../../main/domain/sweep.ts';
import { linearAxis } from './axis.ts';
import { NO_RUG, type Annotation, type ChartValue, type Mark, type Series } from './chart-value.ts';
import { levelAxis } from './level-axis.ts';
import type { Comparison } from '../../main/domain/comparison.ts';

/** Gain of Bayesian over random search at each level, the line through them and its band (source report Fig 6, right). */
export function gainTrendChart(sweep: Sweep, comparison: Comparison): ChartValue {
  const x = levelAxis(sweep);
  const judged = comparison.levels.flatMap(({ value, gain }) => (gain === null ? [] : [{ value, gain }]));
  const marks = judged.map(({ value, gain }, index): Mark => ({ x: value, y: gain.value, low: gain.low, high: gain.high, index }));
  const isOpen = ({ low, high }: Mark): boolean => low! <= 0 && high! >= 0;
  const { gainTrend: trend } = comparison;
  const along = Array.from({ length: 25 }, (_, i) => x.min + ((x.max - x.min) * i) / 24);
  const per = stepOf(sweep.spec.vary);
  const line: readonly Series[] = trend === null ? [] : [
    { kind: 'band', role: 'neutral', label: '95 % interval of the line', low: along.map((at) => ({ x: at, y: trend.bandAt(at).low })), high: along.map((at) => ({ x: at, y: trend.bandAt(at).high })), opacity: 0.16 },
    { kind: 'line', role: 'neutral', label: 'least-squares line', points: [x.min, x.max].map((at) => ({ x: at, y: trend.intercept + trend.slope * at })), stepped: false, dashed: false },
  ];
  const points = (hollow: boolean): Series => ({ kind: 'points', role: 'bayes', label: hollow ? 'interval includes 0' : 'gain', size: 'mark', hollow, marks: marks.filter((mark) => isOpen(mark) === hollow) });
  // Room above the highest mark for the words of the trend.
  const ends = [0, ...marks.flatMap(({ low, high }) => [low!, high!])];
  const room = trend === null ? 0 : (Math.max(...ends) - Math.min(...ends)) * 0.3;
  const y = linearAxis({ label: 'Gain of Bayesian over random', unit: '%', values: [...ends, Math.max(...ends) + room] });
  const words: readonly Annotation[] = trend === null ? [] : [
    { kind: 'text', x: x.min + (x.max - x.min) * 0.03, y: y.max, role: 'baseline', text: `${trend.slope > 0 ? '+' : ''}${formatValue(trend.slope)} points per ${per}`, align: 'start', place: 'below', strong: true },
    { kind: 'text', x: x.min + (x.max - x.min) * 0.03, y: y.max - (y.max - y.min) * 0.09, role: 'neutral', text: `95 % interval ${formatValue(trend.slopeLow)} to ${formatValue(trend.slopeHigh)}`, align: 'start', place: 'below', strong: false },
  ];
  const open = marks.filter(isOpen).length;
  const finding = judged.length === 0 ? 'not enough data yet' : open > 0 ? 'hollow: interval includes 0' : counted(judged.length, 'level');
  return {
    id: 'gain-trend', title: 'Gain trend', finding,
    name: trend === null ? `Gain of Bayesian over random search at ${judged.length} levels; a trend needs four.` : `Gain trend: ${formatValue(trend.slope)} points per ${per}, 95 % interval ${formatValue(trend.slopeLow)} to ${formatValue(trend.slopeHigh)}.`,
    x, panels: [{ y, series: [...line, points(false), points(true)], annotations: [{ kind: 'horizontal', y: 0, role: 'baseline', dashed: false }, ...words], rug: NO_RUG, weight: 1 }],
    describe: ({ index }) => {
      const { value, gain } = judged[index]!;
      return {
        title: describeValue(sweep.spec.vary, value),
        lines: [`gain ${formatPercent(gain.value)}, 95 % interval ${formatPercent(gain.low)} to ${formatPercent(gain.high)}`, ...(gain.low <= 0 && gain.high >= 0 ? ['too close to call'] : [])],
        formula: ['gain = (best random − best Bayesian) ÷ best random'],
      };
    },
    table: () => ({ head: [x.unit === '' ? x.label : `${x.label} (${x.unit})`, 'Gain (%)', 'Lowest, 95 % (%)', 'Highest, 95 % (%)'], rows: judged.map(({ value, gain }) => [value, gain.value, gain.low, gain.high]) }),
  };
}
