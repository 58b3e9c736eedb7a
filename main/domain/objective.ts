import { metricValue, type Measurement } from './measurement.ts';
import { METRICS } from './metric.ts';
import type { Constraint, ObjectiveSpec } from './study-spec.ts';

export interface Judgement {
  /** The objective in its own unit; null when it was not observed. */
  readonly value: number | null;
  readonly feasible: boolean;
  /** Constraints that were not met, in words. */
  readonly violations: readonly string[];
}

export function judge(objective: ObjectiveSpec, measurement: Measurement): Judgement {
  const violations = objective.constraints
    .map((constraint) => ({ constraint, seen: metricValue(measurement, constraint.metric) }))
    .filter(({ constraint, seen }) => !isMet(constraint, seen))
    .map(({ constraint, seen }) => describeConstraint(constraint) + (seen === null ? ' (not observed)' : ''));
  const value = metricValue(measurement, objective.metric);
  return { value, feasible: violations.length === 0 && value !== null, violations };
}

/** The one sign flip: below this line smaller is always better. */
export function toCost(objective: ObjectiveSpec, value: number): number {
  return objective.direction === 'minimise' ? value : -value;
}

export function fromCost(objective: ObjectiveSpec, cost: number): number {
  return objective.direction === 'minimise' ? cost : -cost;
}

export function isBetter(objective: ObjectiveSpec, value: number, than: number): boolean {
  return toCost(objective, value) < toCost(objective, than);
}

/** "faster": the better of two values of this objective, beside the other. */
export function betterWord({ metric, direction }: Pick<ObjectiveSpec, 'metric' | 'direction'>): string {
  return METRICS[metric].unit === 'ms' ? 'faster' : direction === 'minimise' ? 'lower' : 'higher';
}

export function describeConstraint({ metric, relation, bound }: Constraint): string {
  const { label, unit } = METRICS[metric];
  return `${label} ${relation === 'at-most' ? '≤' : '≥'} ${bound} ${unit}`;
}

function isMet({ relation, bound }: Constraint, value: number | null): boolean {
  if (value === null) return false;
  return relation === 'at-most' ? value <= bound : value >= bound;
}
