import type { LoadModel, MeasurementSpec } from '../domain/study-spec.ts';
import type { LoadPlan } from '../study/ports.ts';

/**
 * The shares of `threads` sending threads: requests in flight, counts and rates add up to the plan's. Each thread has to be
 * √threads less sure than the whole: the error of a mean of independent means is that much smaller.
 */
export function splitPlan(plan: LoadPlan, threads: number): readonly LoadPlan[] {
  return Array.from({ length: threads }, (_, i) => ({
    ...plan,
    seed: `${plan.seed}/thread-${i}`,
    environment: { ...plan.environment, concurrency: share(plan.environment.concurrency, threads, i) },
    measurement: splitMeasurement(plan.measurement, threads, i),
  }));
}

function splitMeasurement(measurement: MeasurementSpec, threads: number, i: number): MeasurementSpec {
  const { requests, excludeFirst } = measurement;
  return {
    ...measurement,
    loadModel: splitRates(measurement.loadModel, threads),
    excludeFirst: Math.ceil(excludeFirst / threads),
    requests: requests.kind === 'fixed'
      ? { kind: 'fixed', count: share(requests.count, threads, i) }
      : { kind: 'until-sure', halfWidthPercent: requests.halfWidthPercent * Math.sqrt(threads), atMost: share(requests.atMost, threads, i) },
  };
}

function splitRates(model: LoadModel, threads: number): LoadModel {
  switch (model.kind) {
    case 'constant':
    case 'poisson':
      return { ...model, ratePerS: model.ratePerS / threads };
    case 'ramp':
      return { ...model, fromPerS: model.fromPerS / threads, toPerS: model.toPerS / threads };
    default:
      return model;
  }
}

/** Share `i` of `whole` things; shares differ by one at most and add up. */
function share(whole: number, shares: number, i: number): number {
  return Math.floor(whole / shares) + (i < whole % shares ? 1 : 0);
}
