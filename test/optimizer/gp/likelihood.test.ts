import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../main/domain/random.ts';
import { dimensionsOf, snapPoint } from '../../../main/optimizer/dimension.ts';
import { covarianceMatrix, matern, maternLogLengthSlope } from '../../../main/optimizer/gp/kernel.ts';
import { DEFAULT_PRIORS, negativeLogPosterior, unpack, type TrainingData } from '../../../main/optimizer/gp/likelihood.ts';
import { factorise } from '../../../main/optimizer/gp/cholesky.ts';
import { minimise } from '../../../main/optimizer/gp/minimise.ts';
import { gaussianProcess } from '../../../main/optimizer/gp/gaussian-process.ts';
import type { SearchSpace } from '../../../main/domain/search-space.ts';

const SPACE: SearchSpace = [
  { kind: 'real', name: 'a', low: 0, high: 1, scale: 'linear' },
  { kind: 'integer', name: 'b', low: 1, high: 9, scale: 'linear' },
  { kind: 'categorical', name: 'c', values: ['x', 'y', 'z'] },
];

function trainingData(n: number): TrainingData {
  const random = createRandom(`training-${n}`);
  const dimensions = dimensionsOf(SPACE);
  const points = Array.from({ length: n }, () => snapPoint(dimensions, SPACE.map(() => random.next())));
  return {
    dimensions, points,
    outputs: Float64Array.from(points, (p) => Math.sin(5 * p[0]!) + p[1]! + 0.1 * random.normal()),
    errorVariances: Float64Array.from(points, () => 0.02 * random.next()),
  };
}

describe('kernel', () => {
  it('has the slope of its own difference quotient', () => {
    for (const r of [0.01, 0.3, 1, 2.5, 9]) {
      const h = 1e-6;
      const slope = (matern(r * Math.exp(-h)) - matern(r * Math.exp(h))) / (2 * h);
      expect(maternLogLengthSlope(r)).toBeCloseTo(slope, 8);
    }
  });

  it('is constant within the cell of an integer and of a category', () => {
    const data = trainingData(12);
    const process = gaussianProcess(data, unpack(Float64Array.of(0, 0, 0, -1, -1, -4)));
    const at = (b: number, c: number): number => process.posterior([0.4, b, c]).mean;
    expect(at(0.12, 0.05)).toBe(at(0.21, 0.3));
    expect(at(0.12, 0.05)).not.toBe(at(0.23, 0.05));
    expect(at(0.12, 0.05)).not.toBe(at(0.12, 0.4));
  });

  it('can be factorised with every point doubled and no noise', () => {
    const { dimensions, points } = trainingData(20);
    const K = covarianceMatrix(dimensions, unpack(Float64Array.of(3, 3, 3, 0, 0, -10)), [...points, ...points]);
    expect(factorise(K, 40)).not.toBeNull();
  });
});

describe('log posterior of the hyperparameters', () => {
  it('has the gradient of its own difference quotients', () => {
    const objective = negativeLogPosterior(trainingData(15), DEFAULT_PRIORS);
    const random = createRandom('theta');
    for (let round = 0; round < 10; round++) {
      const theta = Float64Array.from({ length: SPACE.length + 3 }, () => random.normal() - 0.5);
      const gradient = new Float64Array(theta.length);
      objective(theta, gradient);
      const unused = new Float64Array(theta.length);
      theta.forEach((value, i) => {
        const h = 1e-5;
        const slope = (objective(theta.with(i, value + h), unused) - objective(theta.with(i, value - h), unused)) / (2 * h);
        expect(gradient[i]).toBeCloseTo(slope, 4);
      });
    }
  });

  it('is lowered by the minimiser to a point where the gradient vanishes', () => {
    const objective = negativeLogPosterior(trainingData(25), DEFAULT_PRIORS);
    const m = SPACE.length + 3;
    const start = new Float64Array(m);
    const gradient = new Float64Array(m);
    const before = objective(start, gradient);
    const options = { lower: new Float64Array(m).fill(-12), upper: new Float64Array(m).fill(5), mostIterations: 200, gradientTolerance: 1e-3 };
    const { x, value } = minimise(objective, start, options);
    objective(x, gradient);
    expect(value).toBeLessThan(before);
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(0.05);
  });
});

describe('minimiser in a box', () => {
  it('finds the bottom of a curved valley', () => {
    const rosenbrock = (x: Float64Array, gradient: Float64Array): number => {
      const [a, b] = [x[0]!, x[1]!];
      gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
      gradient[1] = 200 * (b - a * a);
      return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
    };
    const box = { lower: Float64Array.of(-2, -2), upper: Float64Array.of(2, 2), mostIterations: 500, gradientTolerance: 1e-8 };
    const { x } = minimise(rosenbrock, Float64Array.of(-1.2, 1), box);
    expect(x[0]).toBeCloseTo(1, 2);
    expect(x[1]).toBeCloseTo(1, 2);
  });

  it('stops at the wall when the bottom lies behind it', () => {
    const bowl = (x: Float64Array, gradient: Float64Array): number => {
      gradient[0] = 2 * (x[0]! - 3);
      gradient[1] = 2 * (x[1]! + 0.25);
      return (x[0]! - 3) ** 2 + (x[1]! + 0.25) ** 2;
    };
    const box = { lower: Float64Array.of(-1, -1), upper: Float64Array.of(1, 1), mostIterations: 100, gradientTolerance: 1e-8 };
    const { x } = minimise(bowl, Float64Array.of(-0.5, 0.9), box);
    expect(x[0]).toBe(1);
    expect(x[1]).toBeCloseTo(-0.25, 6);
  });
});
