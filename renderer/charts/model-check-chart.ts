import { formatPercent, formatValue } from '../../main/domain/format.ts';
import { linearAxis, logAxis, measuredAxis, withFoot } from './axis.ts';
import { describeTrial } from './describe-trial.ts';
import { countedRug } from './failed-rug.ts';
import { objectiveScale } from './objective-scale.ts';
import { type ChartValue, type Mark } from './chart-value.ts';
import type { Study } from '../../main/domain/study.ts';
import type { StudyExplanation } from '../../main/domain/suggestion.ts';

/** Every trial as the model would have predicted it from all the others, against what was measured; on the line it was right. */
export function modelCheckChart(study: Study, { trials, coverage, skill }: StudyExplanation['leaveOneOut']): ChartValue {
  const scale = objectiveScale(study);
  const { factor, unit } = scale;
  const marks = trials.map(({ trial, observed, mean, low, high }, index): Mark => ({ x: observed * factor, y: mean * factor, low: low * factor, high: high * factor, trial, index }));
  const x = measuredAxis({ label: 'Measured', unit, values: marks.map((mark) => mark.x) });
  // Both on one kind of scale, or the diagonal would be a curve.
  const y = (x.scale === 'log' ? logAxis : linearAxis)({ label: 'Predicted from the others', unit, values: withFoot(marks.flatMap((mark) => [mark.x, mark.y])) });
  const [from, to] = [Math.max(x.min, y.min), Math.min(x.max, y.max)];
  const diagonal = Array.from({ length: 25 }, (_, i) => (x.scale === 'log' ? from * (to / from) ** (i / 24) : from + ((to - from) * i) / 24)).map((at) => ({ x: at, y: at }));
  const finding = trials.length === 0 ? '' : `${formatPercent(coverage * 100)} inside their 95 % interval`;
  return {
    id: 'model-check', title: 'Model check', finding, name: `Model check: ${finding}; the model explains ${formatPercent(Math.max(skill, 0) * 100)} of the variation of trials it has not seen.`, x,
    panels: [{ y, annotations: [], rug: countedRug(study.trials, y.min, x), weight: 1, series: [{ kind: 'line', role: 'neutral', label: 'prediction = measurement', points: diagonal, stepped: false, dashed: true }, { kind: 'points', role: 'bayes', label: 'trial', size: 'mark', hollow: false, marks }] }],
    describe: (mark) => {
      const failed = study.trials[(mark.trial ?? 0) - 1];
      if (failed?.state === 'failed') return describeTrial(study, failed, scale);
      const { trial, observed, mean, low, high } = trials[mark.index]!;
      return { title: `Trial ${trial}`, lines: [`measured ${formatValue(observed * factor)} ${unit}`, `predicted ${formatValue(mean * factor)} ${unit} (${formatValue(low * factor)} to ${formatValue(high * factor)})`], formula: ['predicted by a model that has not seen this trial'] };
    },
    table: () => ({ head: ['Trial', `Measured (${unit})`, `Predicted (${unit})`, `Lowest, 95 % (${unit})`, `Highest, 95 % (${unit})`], rows: trials.map(({ trial, observed, mean, low, high }) => [trial, observed * factor, mean * factor, low * factor, high * factor]) }),
  };
}
