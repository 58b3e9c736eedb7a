import { formatPercent } from '../../main/domain/format.ts';
import { hypervolumeOf } from '../../main/domain/pareto.ts';
import { countAxis, linearAxis } from './axis.ts';
import { describeTrial, originWord } from './describe-trial.ts';
import { objectiveScale } from './objective-scale.ts';
import { failedRug } from './failed-rug.ts';
import { tradeOffs } from './pareto-chart.ts';
import type { ChartValue, Mark } from './chart-value.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** How far the Pareto front has come: the share of the plane between best and worst that it dominates, trial by trial. */
export function hypervolumeChart(study: Study, trials: readonly Trial[] = study.trials): ChartValue {
  const { latency, cost, placed } = tradeOffs(study, trials);
  const scale = objectiveScale(study);
  const steps = hypervolumeOf(placed.map(({ trial, x, y }) => ({ trial: trial.number, a: x, b: cost.direction === 'minimise' ? y : -y })));
  const points = steps.map(({ trial, share }) => ({ x: trial, y: share * 100 }));
  const grew = steps.flatMap(({ trial, share }, i): Mark[] => (i === 0 || share > steps[i - 1]!.share ? [{ x: trial, y: share * 100, trial, index: trial - 1 }] : []));
  const end = steps[steps.length - 1];
  const finding = end === undefined ? `${cost.short} was not observed` : `last gain at trial ${grew[grew.length - 1]!.trial}`;
  const y = linearAxis({ label: 'Dominated share', unit: '%', values: [0, 100], fromZero: true });
  const role = (trial: number): 'random' | 'bayes' | 'user' => study.trials[trial - 1]!.origin;
  return {
    id: 'hypervolume',
    title: 'Front over time',
    finding,
    name: `Share of the plane of ${latency.label.toLowerCase()} and ${cost.name} dominated by the Pareto front${end === undefined ? '' : `: ${formatPercent(end.share * 100)} after ${steps.length} trials, ${finding}`}.`,
    x: countAxis('Trial', 1, Math.max(study.spec.budget.trials, study.trials.length, 2)),
    panels: [{
      y,
      series: [
        { kind: 'line', role: 'best', label: 'dominated share', points, stepped: true, dashed: false },
        ...(['random', 'bayes', 'user'] as const).map((origin) => ({ kind: 'points' as const, role: origin, label: originWord(origin), marks: grew.filter(({ trial }) => role(trial!) === origin), size: 'mark' as const, hollow: false })).filter(({ marks }) => marks.length > 0),
      ],
      annotations: [],
      rug: failedRug(trials, y.min, ({ number }) => number),
      weight: 1,
    }],
    describe: (mark) => {
      const text = describeTrial(study, study.trials[mark.index]!, scale);
      return { ...text, lines: [...text.lines, `the front dominates ${formatPercent(mark.y)}`], formula: ['area beaten by the front ÷ area between the best and the worst of both (hypervolume)'] };
    },
    table: () => ({ head: ['Trial', `${latency.label} (${latency.unit})`, `${cost.label} (${cost.unit})`, 'Dominated share (%)'], rows: placed.map(({ trial, x, y: height }, i) => [trial.number, x, height, steps[i]!.share * 100]) }),
  };
}
