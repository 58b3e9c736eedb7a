import { counted, formatCount, formatInterval, formatValue } from '../../main/domain/format.ts';
import { METRICS } from '../../main/domain/metric.ts';
import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { verdictOf } from '../../main/domain/trial-verdict.ts';
import { halfWidthOf, type ObjectiveScale } from './objective-scale.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Origin, Trial } from '../../main/domain/trial.ts';
import type { MarkText } from './chart-value.ts';

const ORIGINS: Readonly<Record<Origin, string>> = { random: 'random', bayes: 'Bayesian', user: 'chosen by hand' };

export function originWord(origin: Origin): string {
  return ORIGINS[origin];
}

/** What hover and arrow keys say about a trial: value with interval, configuration, formula with its numbers. */
export function describeTrial(study: Study, trial: Trial, scale: ObjectiveScale): MarkText {
  const title = `Trial ${trial.number}, ${originWord(trial.origin)}, ${verdictOf(trial).word}`;
  const tuple = formatTuple(study.spec, trial.configuration);
  if (trial.failure !== null) return { title, lines: [tuple, trial.failure.message], formula: [] };
  if (trial.value === null || trial.measurement === null) return { title, lines: [tuple], formula: [] };
  const { measurement } = trial;
  const half = halfWidthOf(study, trial);
  const value = `${formatInterval(trial.value * scale.factor, half === null ? null : half * scale.factor)} ${scale.unit}`;
  const errors = Object.values(measurement.errors).reduce((sum, count) => sum + count, 0);
  const requests = `${formatCount(measurement.counted)} requests, ${counted(errors, 'error')}`;
  return { title, lines: [tuple, `${value}, ${requests}`, ...trial.violations], formula: formulaOf(study, trial) };
}

function formulaOf(study: Study, trial: Trial): readonly string[] {
  const { metric } = study.spec.objective;
  const text = `${METRICS[metric].label} = ${METRICS[metric].formula}`;
  const { measurement } = trial;
  if (metric !== 'meanRoundTripMs' || measurement === null || measurement.counted === 0) return [text];
  const sum = formatCount(measurement.meanRoundTripMs * measurement.counted);
  const mean = formatValue(measurement.meanRoundTripMs);
  const left = measurement.excluded === 0 ? '' : `, ${formatCount(measurement.excluded)} first requests left out`;
  return [text, `${sum} ms ÷ ${formatCount(measurement.counted)} = ${mean} ms${left}`];
}
