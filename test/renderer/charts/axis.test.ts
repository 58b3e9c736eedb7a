import { describe, expect, test } from 'vitest';
import { countAxis, linearAxis, logAxis, measuredAxis, tickText } from '../../../renderer/charts/axis.ts';
import { axisTitle } from '../../../renderer/charts/chart-value.ts';

const texts = (axis: { ticks: readonly { text: string }[] }): string[] => axis.ticks.map(({ text }) => text);
const ms = { label: 'Mean round trip', unit: 'ms' };

describe('axes', () => {
  test('log labels are 1-2-5 and hold all values', () => {
    const axis = logAxis({ ...ms, values: [5.57, 58] });
    expect(texts(axis)).toEqual(['5', '10', '20', '50']);
    expect(axis.min).toBeLessThan(5.57);
    expect(axis.max).toBeGreaterThan(58);
    expect(axisTitle(axis)).toBe('Mean round trip (ms, log scale)');
  });

  test('a log axis over one octave still has two labels', () => {
    expect(logAxis({ ...ms, values: [5.1, 5.9] }).ticks.length).toBeGreaterThanOrEqual(2);
  });

  test.each([[[0.2, 1.5]], [[1, 1]], [[-4, 1e6]], [[3, 3.001]], [[0, 0]], [[]]])('six labels at most for %j', (values) => {
    for (const axis of [linearAxis({ ...ms, values }), linearAxis({ ...ms, values, fromZero: true }), countAxis('Trial', 1, 10_000), logAxis({ ...ms, values: [1e-3, 1e5] })]) {
      expect(axis.ticks.length).toBeLessThanOrEqual(6);
      expect(axis.max).toBeGreaterThan(axis.min);
      for (const value of values) if (axis.label === ms.label && axis.scale === 'linear') expect(value <= axis.max && value >= axis.min).toBe(true);
    }
  });

  test('lengths start at zero', () => {
    expect(linearAxis({ ...ms, values: [12, 13], fromZero: true }).min).toBe(0);
  });

  test('log only where values span a factor of four and none is zero', () => {
    expect(measuredAxis({ ...ms, values: [5, 21] }).scale).toBe('log');
    expect(measuredAxis({ ...ms, values: [5, 19] }).scale).toBe('linear');
    expect(measuredAxis({ ...ms, values: [0, 100] }).scale).toBe('linear');
  });

  test('trials count from 1 in round steps', () => {
    expect(texts(countAxis('Trial', 1, 50))).toEqual(['1', '10', '20', '30', '40', '50']);
    expect(texts(countAxis('Request', 0, 3413))).toEqual(['0', '1,000', '2,000', '3,000']);
  });

  test('minus is a real minus', () => expect(tickText(-0.5)).toBe('−0.5'));
});
