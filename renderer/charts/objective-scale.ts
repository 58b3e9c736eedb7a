import { timeUnit } from '../../main/domain/format.ts';
import { METRICS, type MetricName } from '../../main/domain/metric.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** How the objective is shown: one unit for all its values. */
export interface ObjectiveScale {
  readonly metric: MetricName;
  readonly label: string;
  readonly unit: string;
  /** Multiply a value in the metric's own unit by this. */
  readonly factor: number;
}

/** Times switch unit by their largest value; every other metric keeps its own. */
export function objectiveScale(study: Study): ObjectiveScale {
  const metric = METRICS[study.spec.objective.metric];
  if (metric.unit !== 'ms') return { metric: metric.name, label: metric.label, unit: metric.unit, factor: 1 };
  const largest = study.trials.reduce((most, { value }) => (value !== null && value > most ? value : most), 0);
  const { unit, factor } = timeUnit(largest === 0 ? 1 : largest);
  return { metric: metric.name, label: metric.label, unit, factor };
}

/** Half-width of the objective's 95 % interval in its own unit; only the mean round trip has one. */
export function halfWidthOf(study: Study, trial: Trial): number | null {
  if (study.spec.objective.metric !== 'meanRoundTripMs') return null;
  return trial.measurement?.halfWidthMs ?? null;
}

export function standardErrorOf(study: Study, trial: Trial): number | null {
  if (study.spec.objective.metric !== 'meanRoundTripMs') return null;
  return trial.measurement?.standardErrorMs ?? null;
}
