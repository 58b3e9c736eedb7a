import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../main/domain/random.ts';
import { dimensionsOf } from '../../../main/optimizer/dimension.ts';
import { DEFAULT_FIT, fitCosts, type CostData } from '../../../main/optimizer/gp/fit.ts';

const dimensions = dimensionsOf([
  { kind: 'real', name: 'a', low: 0, high: 1, scale: 'linear' },
  { kind: 'real', name: 'b', low: 0, high: 1, scale: 'linear' },
]);
const truth = ([a, b]: readonly number[]): number => 20 * Math.exp(2 * (a! - 0.3) ** 2 + b!);

function data(n: number, noise: number): CostData {
  const random = createRandom(`fit-${n}`);
  const points = Array.from({ length: n }, () => [random.next(), random.next()]);
  return {
    dimensions, points,
    costs: points.map((point) => truth(point) * (1 + noise * random.normal())),
    standardErrors: points.map(() => null),
  };
}

describe('fit of the cost model', () => {
  it('predicts what it has not seen', () => {
    const { process, transform } = fitCosts(data(40, 0.02), DEFAULT_FIT, createRandom(1));
    const random = createRandom('unseen');
    for (let i = 0; i < 30; i++) {
      const point = [random.next(), random.next()];
      expect(transform.toCost(process.posterior(point).mean) / truth(point)).toBeGreaterThan(0.9);
      expect(transform.toCost(process.posterior(point).mean) / truth(point)).toBeLessThan(1.1);
    }
  });

  it('covers the truth with its 95 % interval most of the time', () => {
    const { process, transform } = fitCosts(data(20, 0.05), DEFAULT_FIT, createRandom(1));
    const random = createRandom('coverage');
    let inside = 0;
    for (let i = 0; i < 200; i++) {
      const point = [random.next(), random.next()];
      const { mean, variance } = process.posterior(point);
      if (Math.abs(transform.toModel(truth(point)) - mean) <= 1.96 * Math.sqrt(variance)) inside++;
    }
    expect(inside).toBeGreaterThan(160);
  });

  it('trusts a precise trial more than an imprecise one', () => {
    const base = data(20, 0.02);
    const at = (standardError: number): number => {
      const { process, transform } = fitCosts(
        { ...base, points: [...base.points, [0.5, 0.5]], costs: [...base.costs, 2 * truth([0.5, 0.5])], standardErrors: [...base.standardErrors, standardError] },
        DEFAULT_FIT,
        createRandom(1),
      );
      return transform.toCost(process.posterior([0.5, 0.5]).mean);
    };
    expect(at(40)).toBeLessThan(at(0.01));
  });

  it('is the same for the same stream', () => {
    const once = fitCosts(data(30, 0.1), DEFAULT_FIT, createRandom(5)).process.hyperparameters;
    expect(fitCosts(data(30, 0.1), DEFAULT_FIT, createRandom(5)).process.hyperparameters).toEqual(once);
  });
});
