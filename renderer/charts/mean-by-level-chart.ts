import { formatFixed, formatValue, inSentence } from '../../main/domain/format.ts';
import { describeValue, type Sweep } from '../../main/domain/sweep.ts';
import { bestOf } from '../../main/domain/table-one.ts';
import { linearAxis } from './axis.ts';
import { NO_RUG, type Annotation, type ChartValue, type Mark, type Panel, type Series } from './chart-value.ts';
import { levelAxis } from './level-axis.ts';
import { halfOf, sweepScale } from './sweep-scale.ts';
import type { Comparison } from '../../main/domain/comparison.ts';

/** Best found at each level with the least-squares line and its R², above the CPU those runs used (source report Fig 4). */
export function meanByLevelChart(sweep: Sweep, comparison: Comparison): ChartValue {
  const scale = sweepScale(sweep, comparison);
  const x = levelAxis(sweep);
  const found = comparison.levels.flatMap((level) => {
    const contestant = bestOf(level);
    return contestant?.best?.value == null ? [] : [{ value: level.value, contestant, best: contestant.best }];
  });
  const marks = found.map(({ value, contestant, best }, index): Mark => {
    const y = best.value! * scale.factor;
    const half = halfOf(contestant);
    return { x: value, y, index, ...(half !== null && { low: y - half * scale.factor, high: y + half * scale.factor }) };
  });
  const cpu = found.flatMap(({ value, best }, index): Mark[] => (best.measurement?.cpuCores == null ? [] : [{ x: value, y: best.measurement.cpuCores, index }]));
  const { valueTrend: line } = comparison;
  const role = sweep.spec.duel || sweep.spec.base.sampler.kind === 'bayes' ? 'bayes' : 'random';
  const points = (of: readonly Mark[]): Series => ({ kind: 'points', role, label: role === 'bayes' ? 'best of Bayesian search' : 'best of random search', marks: of, size: 'mark', hollow: false });
  const ends = [x.min, x.max];
  const fitted: readonly Series[] = line === null ? [] : [{ kind: 'line', role: 'neutral', label: 'least-squares line', points: ends.map((at) => ({ x: at, y: (line.intercept + line.slope * at) * scale.factor })), stepped: false, dashed: false }];
  const y = linearAxis({ label: scale.label, unit: scale.unit, values: marks.flatMap((mark) => [mark.y, mark.high ?? mark.y]), fromZero: true });
  const words: readonly Annotation[] = line === null ? [] : [
    { kind: 'text', x: x.min + (x.max - x.min) * 0.03, y: y.max * 0.97, role: 'neutral', text: `${formatValue(line.intercept * scale.factor)} ${line.slope < 0 ? '−' : '+'} ${formatValue(Math.abs(line.slope) * scale.factor)} ${sweep.spec.vary.kind === 'concurrency' ? 'c' : 'x'} ${scale.unit}`, align: 'start', place: 'below', strong: false },
    { kind: 'text', x: x.min + (x.max - x.min) * 0.03, y: y.max * 0.8, role: 'baseline', text: `R² = ${formatFixed(line.r2, 3)}`, align: 'start', place: 'below', strong: true },
  ];
  const top: Panel = { y, series: [...fitted, points(marks)], annotations: words, rug: NO_RUG, weight: cpu.length === 0 ? 1 : 0.66 };
  const below: Panel = {
    y: linearAxis({ label: 'CPU in use, all replicas', unit: 'cores', values: cpu.map((mark) => mark.y), fromZero: true }),
    series: [{ kind: 'line', role: 'neutral', label: 'CPU in use', points: cpu.map((mark) => ({ x: mark.x, y: mark.y })), stepped: false, dashed: false }, { kind: 'points', role: 'neutral', label: 'CPU in use', marks: cpu, size: 'mark', hollow: false }],
    annotations: [], rug: NO_RUG, weight: 0.34,
  };
  const finding = line === null ? `${found.length} of ${comparison.levels.length} levels; a line needs four` : `R² = ${formatFixed(line.r2, 3)} over ${line.points} levels`;
  return {
    id: 'mean-by-level', title: sweep.spec.vary.kind === 'concurrency' ? 'Mean by concurrency' : `Best by ${inSentence(x.label)}`, finding,
    name: `${scale.label} of the best configuration at each level. ${finding}.`,
    x, panels: cpu.length === 0 ? [top] : [top, below],
    describe: ({ index }) => {
      const { value, best, contestant } = found[index]!;
      const half = halfOf(contestant);
      return {
        title: describeValue(sweep.spec.vary, value),
        lines: [`${formatValue(best.value! * scale.factor)} ${scale.unit}${half === null ? '' : ` ± ${formatValue(half * scale.factor)}`}, trial ${best.number}`, `${formatValue(best.measurement?.cpuCores)} cores in use`],
        formula: line === null ? [] : [`line: ${formatValue(line.intercept * scale.factor)} + ${formatValue(line.slope * scale.factor)} × ${value} = ${formatValue((line.intercept + line.slope * value) * scale.factor)} ${scale.unit}`],
      };
    },
    table: () => ({
      head: [x.unit === '' ? x.label : `${x.label} (${x.unit})`, `${scale.label} (${scale.unit})`, `± 95 % (${scale.unit})`, `Line (${scale.unit})`, 'CPU in use (cores)'],
      rows: found.map(({ value, best, contestant }) => {
        const half = halfOf(contestant);
        return [value, best.value! * scale.factor, half === null ? null : half * scale.factor, line === null ? null : (line.intercept + line.slope * value) * scale.factor, best.measurement?.cpuCores ?? null];
      }),
    }),
  };
}
