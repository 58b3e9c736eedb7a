import { describe, expect, test } from 'vitest';
import type { Study } from '../../../main/domain/study.ts';
import type { Trial } from '../../../main/domain/trial.ts';
import { axisTitle } from '../../../renderer/charts/chart-value.ts';
import { paretoChart } from '../../../renderer/charts/pareto-chart.ts';
import { figuresOf } from '../../../renderer/run/trial-figures.ts';
import { buildStudy } from '../fixtures/build-study.ts';

const plain = buildStudy({ trials: 12 });

/** Every measured trial with 50 mJ per request and one more for each trial before it. */
function withEnergy(study: Study): Study {
  const trials = study.trials.map((trial): Trial => ({
    ...trial, measurement: trial.measurement && { ...trial.measurement, energy: { source: 'gpu', joules: 100 + trial.number, joulesPerRequest: 0.05 + trial.number / 1000 } },
  }));
  return { ...study, trials, spec: { ...study.spec, objective: { ...study.spec.objective, metric: 'joulesPerRequest' } } };
}

describe('latency against energy', () => {
  test('where the study minimises it and it was read', () => {
    const chart = paretoChart(withEnergy(plain));
    expect([chart.id, chart.title, axisTitle(chart.panels[0]!.y)]).toEqual(['latency-against-energy', 'Latency against energy', 'Energy per request (J)']);
    expect(axisTitle(chart.x)).toMatch(/Mean round trip/);
    expect(chart.table().head).toContain('Energy per request (J)');
  });

  test('not where nothing was read', () => {
    expect(axisTitle(paretoChart({ ...plain, spec: withEnergy(plain).spec }).panels[0]!.y)).toBe('CPU in use, all replicas (cores)');
  });
});

describe('two objectives', () => {
  const both = (metric: 'memoryMb' | 'throughputRps', direction: 'minimise' | 'maximise'): Study =>
    ({ ...plain, spec: { ...plain.spec, objective: { ...plain.spec.objective, metric: 'p99Ms', second: { metric, direction } } } });

  test('are what the front is made of', () => {
    const chart = paretoChart(both('memoryMb', 'minimise'));
    expect([chart.title, axisTitle(chart.panels[0]!.y)]).toEqual(['Latency against peak memory', 'Peak memory (MB)']);
    expect(axisTitle(chart.x)).toMatch(/Slowest 1 % \(p99\)/);
  });

  test('a maximised one counts upwards', () => {
    const rows = paretoChart(both('throughputRps', 'maximise')).table().rows;
    const [x, y] = [3, 4];
    const onFront = rows.filter((row) => row[5] === 'yes');
    expect(onFront.length).toBeGreaterThan(0);
    for (const row of rows) {
      const isBeaten = rows.some((other) => other !== row && Number(other[x]) <= Number(row[x]) && Number(other[y]) >= Number(row[y]) && (other[x] !== row[x] || other[y] !== row[y]));
      expect(row[5]).toBe(isBeaten ? 'no' : 'yes');
    }
  });
});

describe('the figures of a trial', () => {
  const measurement = withEnergy(plain).trials.find((trial) => trial.measurement !== null)!.measurement!;
  const lines = (of: typeof measurement): Record<string, string> => Object.fromEntries(figuresOf(of).map(({ label, value, formula }) => [label, `${value} | ${formula}`]));

  test('say the energy and where it was read', () => {
    expect(lines(measurement)).toMatchObject({ Energy: expect.stringMatching(/^10\d J \| GPU power over time, without the processor$/), 'Energy per request': expect.stringMatching(/^5\d(\.\d)? mJ \|/) });
    expect(lines({ ...measurement, energy: { source: 'none', joules: null, joulesPerRequest: null } })['Energy']).toBe('not readable | not readable here; CPU in use stands for it');
  });

  test('say what was asked of the GPU and what it did', () => {
    const gpu = {
      cards: 1, samples: 12, utilisationPercent: 91.4, memoryMb: 812, powerW: 143.2, temperatureCMax: 71, smClockMhz: { mean: 1190, low: 1170, high: 1200 }, memoryClockMhz: 7601,
      throttled: { thermal: 0.25 }, movedShare: 0, clock: { requestedMhz: 1200, observedMhz: 1200, method: 'locked' as const },
    };
    expect(lines({ ...measurement, gpu })).toMatchObject({
      'GPU clock set': expect.stringMatching(/^1,200 MHz, read back 1,200 MHz, locked clock/),
      'GPU clock': expect.stringMatching(/^1,190 MHz \(1,170 to 1,200\), memory 7,600 MHz/),
      'GPU power': expect.stringMatching(/^143 W/), 'GPU temperature': expect.stringMatching(/^up to 71 °C \| 12 readings of 1 card/), 'GPU slowed by': expect.stringMatching(/^heat 25 %/),
    });
    expect(Object.keys(lines(measurement)).filter((label) => label.startsWith('GPU'))).toEqual([]);
  });
});
