import { formatValue } from '../../main/domain/format.ts';
import { linearAxis, logAxis } from './axis.ts';
import { describeTrial, originWord } from './describe-trial.ts';
import { failedRug } from './failed-rug.ts';
import { objectiveScale } from './objective-scale.ts';
import { parameterAxis, parameterLabel } from './parameter-axis.ts';
import { heldText } from './surrogate-chart.ts';
import type { Axis, ChartValue, Field, Mark, Role, Series } from './chart-value.ts';
import type { Study } from '../../main/domain/study.ts';
import type { SurrogateSurface } from '../../main/domain/suggestion.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** Values that span at least this factor get bands of equal ratio. */
const RATIO_BANDS_FROM = 3;

/** The model's mean over two parameters as five bands, darker is better; every measured trial where it was tried. */
export function contourChart(study: Study, surface: SurrogateSurface, trials: readonly Trial[] = study.trials): ChartValue {
  const scale = objectiveScale(study);
  const { parameters: [across, up], xs, ys } = surface;
  const [x, y] = [sideOf(study, across, xs), sideOf(study, up, ys)];
  const values = surface.mean.map((value) => value * scale.factor);
  const best = study.spec.objective.direction === 'minimise' ? 'lowest' : 'highest';
  const levels = levelsOf(values.filter((_, i) => surface.feasible[i] === true), best);
  const field: Field = { kind: 'field', xs, ys, values, blocked: surface.feasible.map((can) => !can), levels, texts: textsOf(levels, best), best };
  const measured = trials.filter(({ state, value }) => state === 'complete' && value !== null);
  const isBest = ({ number }: Trial): boolean => number === study.incumbent;
  const markOf = (trial: Trial): Mark => ({ x: Number(trial.configuration[across]), y: Number(trial.configuration[up]), trial: trial.number, index: trial.number - 1 });
  const series = (role: Role, label: string, keep: (trial: Trial) => boolean): Series => ({
    kind: 'points', role, label, size: role === 'best' ? 'star' : 'mark', hollow: false, marks: measured.filter(keep).map(markOf),
  });
  const held = study.spec.space.filter(({ name }) => name !== across && name !== up).map(({ name }) => heldText(name, surface.at[name]));
  return {
    id: `contour-${across}-${up}`,
    title: 'Contour of the model',
    finding: ['darker is better', ...(held.length === 0 ? [] : [`at ${held.slice(0, 2).join(', ')}`])].join(', '),
    name: `Model of ${scale.label.toLowerCase()} (${scale.unit}) over ${parameterLabel(across)} and ${parameterLabel(up)}, in bands from ${field.texts[0]} to ${field.texts[4]}, with ${measured.length} measured trials.`,
    x,
    panels: [{
      title: `${scale.label} (${scale.unit})`, y, annotations: [field], rug: failedRug(trials, y.min, ({ configuration }) => Number(configuration[across])), weight: 1,
      series: [
        series('random', 'random', (trial) => trial.origin === 'random' && !isBest(trial)),
        series('bayes', 'Bayesian', (trial) => trial.origin === 'bayes' && !isBest(trial)),
        series('user', 'chosen by hand', (trial) => trial.origin === 'user' && !isBest(trial)),
        series('best', 'best', isBest),
      ].filter((one) => one.kind === 'points' && one.marks.length > 0),
    }],
    describe: ({ index }) => {
      const text = describeTrial(study, study.trials[index]!, scale);
      return { ...text, lines: [...text.lines, `measured with ${originWord(study.trials[index]!.origin)} values of the other parameters too`] };
    },
    table: () => ({
      head: [labelled(x), labelled(y), `Predicted mean (${scale.unit})`, 'Can run'],
      rows: ys.flatMap((height, j) => xs.map((at, i) => [at, height, values[j * xs.length + i]!, surface.feasible[j * xs.length + i] === true ? 'yes' : 'no'])),
    }),
  };
}

function labelled({ label, unit }: Axis): string {
  return unit === '' ? label : `${label} (${unit})`;
}

/** Exactly the range of the grid. */
function sideOf(study: Study, name: string, positions: readonly number[]): Axis {
  const parameter = study.spec.space.find((one) => one.name === name)!;
  const axis = parameterAxis(parameter);
  const [min, max] = [positions[0]!, positions[positions.length - 1]!];
  if (min === max) return axis;
  const make = axis.scale === 'log' ? logAxis : linearAxis;
  const ticks = parameter.kind === 'ordinal' && parameter.values.length <= 6 ? axis.ticks : make({ label: axis.label, unit: axis.unit, values: [min, max] }).ticks;
  return { ...axis, min, max, ticks: ticks.filter(({ value }) => value >= min && value <= max) };
}

/** Borders of five bands, from the best to the worst: equal steps, or equal ratios where values span a large factor. */
function levelsOf(values: readonly number[], best: Field['best']): Field['levels'] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!(high > low)) [low, high] = [Number.isFinite(low) ? low : 0, (Number.isFinite(low) ? low : 0) + 1];
  const byRatio = low > 0 && high / low >= RATIO_BANDS_FROM;
  const at = (share: number): number => (byRatio ? low * (high / low) ** share : low + (high - low) * share);
  const rising = [at(0.2), at(0.4), at(0.6), at(0.8)] as const;
  return best === 'lowest' ? rising : [rising[3], rising[2], rising[1], rising[0]];
}

function textsOf(levels: Field['levels'], best: Field['best']): readonly string[] {
  const [to, beyond] = best === 'lowest' ? ['≤', '>'] : ['≥', '<'];
  return [...levels.map((level) => `${to} ${formatValue(level)}`), `${beyond} ${formatValue(levels[3])}`];
}
