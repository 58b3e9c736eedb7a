import { describe, expect, it } from 'vitest';
import { judgeLevel, type ScaleContext, type ScaleFigures } from '../../main/domain/scale-level.ts';
import { newLimits } from '../../main/domain/scale-limits.ts';
import { packReplicas, powerOf, scaleAssumptionsSchema, scaleLevels, startOfScale, trialToScale, worksOnGpu, type ScaleAssumptions } from '../../main/domain/scale-plan.ts';
import { servingConfiguration } from '../../main/domain/serving-configuration.ts';
import { buildStudy } from '../renderer/fixtures/build-study.ts';
import type { Study } from '../../main/domain/study.ts';

const study = buildStudy({ trials: 12, end: true });
const best = trialToScale(study, null);
const start = startOfScale(study, best);
const ASSUMED: ScaleAssumptions = {
  levels: [10, 100], machineCores: 8, machineMemoryMb: 32_768, inFlightPerReplica: 10, generators: 1, generatorThreads: 4, requestCostMs: 0.05,
  generatorLinkMbps: 1000, machineLinkMbps: 1000, requestBytes: 5000, answerBytes: 300, wayMs: 0.05, imageMb: 150,
};
const SERVING = servingConfiguration({ fixed: { cpuCores: 1, memoryMb: 512 } }, {});
const context = (change: Partial<ScaleAssumptions> = {}, more: Partial<ScaleContext> = {}): ScaleContext => ({ assumptions: { ...ASSUMED, ...change }, serving: SERVING, wattsPerReplica: 5, replicasStartS: 2, timeoutMs: 10_000, ...more });

/** A level with this throughput; the rest is of no consequence. */
function figures(replicas: number, rps: number, change: Partial<ScaleFigures> = {}): ScaleFigures {
  return {
    replicas, machines: Math.ceil(replicas / 8), concurrency: 10 * replicas, requests: rps * 10, answered: rps * 10, spanS: 10, meanMs: 7, p50Ms: 7, p95Ms: 9, p99Ms: 10,
    replicaBusyShare: 0.5, replicaCores: 0.5, meanBatchSize: 4, ...change,
  };
}

describe('what is assumed', () => {
  it('comes from the trial where it was measured, and says so', () => {
    expect(start.assumptions).toMatchObject({ machineCores: 7, machineMemoryMb: 32_768, generators: 1, levels: [10, 30, 100, 300, 1000, 3000, 10_000], requestBytes: 213 + 3745, answerBytes: 161 + 155 });
    const { replicas } = servingConfiguration(study.spec, best.configuration);
    expect(start.assumptions.inFlightPerReplica).toBeCloseTo(20 / replicas, 3);
    // A fifth of a core over the duration of the load.
    expect(start.assumptions.requestCostMs).toBeCloseTo((0.2 * best.measurement.durationS * 1000) / 3413, 4);
    expect(start.why.requestCostMs).toMatch(/^measured in trial \d+: 20 % of a core/);
    expect(start.why.machineCores).toBe('as bench, where it was measured');
    expect(scaleAssumptionsSchema.parse(start.assumptions)).toEqual(start.assumptions);
  });

  it('says of every guess that it is one', () => {
    const own: Study = { ...study, spec: { ...study.spec, backend: { kind: 'simulated' }, model: { ...study.spec.model, workload: 'own', dataPath: '/x' } } };
    const unmeasured = { ...best, measurement: { ...best.measurement, generator: { lagMsP99: 0, cpuShare: 0 } } };
    expect(startOfScale(own, unmeasured).why).toMatchObject({ requestBytes: expect.stringMatching(/^a guess/), requestCostMs: expect.stringMatching(/the simulated lab counts nothing for it$/), machineCores: 'as the simulated machine' });
  });

  it('leaves out sizes that would take minutes, and refuses them with the field', () => {
    const crowded: Study = { ...study, spec: { ...study.spec, environment: { ...study.spec.environment, concurrency: 1000 } } };
    const { assumptions, why } = startOfScale(crowded, best);
    expect(assumptions.levels.at(-1)! * assumptions.inFlightPerReplica).toBeLessThanOrEqual(1_000_000);
    expect(why.levels).toMatch(/would take minutes/);
    const refused = scaleAssumptionsSchema.safeParse({ ...ASSUMED, levels: [10_000], inFlightPerReplica: 200 });
    expect(refused.error?.issues).toMatchObject([{ path: ['inFlightPerReplica'], message: 'at most 100 with 10,000 replicas' }]);
    expect(scaleAssumptionsSchema.safeParse({ ...ASSUMED, levels: [10_001] }).success).toBe(false);
  });

  it('takes levels in order, each once', () => {
    expect(scaleLevels({ levels: [300, 10, 300, 30] })).toEqual([10, 30, 300]);
  });

  it('needs a trial that was measured', () => {
    expect(() => trialToScale(buildStudy({ trials: 0 }), null)).toThrowError('no best trial yet');
    expect(() => trialToScale(study, 99)).toThrowError('trial: 99 cannot be used. Accepted: 1 to 12');
    const failed = buildStudy({ trials: 3, failEvery: 3 });
    expect(() => trialToScale(failed, 3)).toThrowError('Trial 3 was not measured.');
  });

  it('knows energy and cards from the study alone', () => {
    expect(powerOf(study, best)).toBeNull();
    const metered = { ...best, measurement: { ...best.measurement, durationS: 2, energy: { source: 'processor' as const, joules: 60, joulesPerRequest: 0.01 } } };
    const { replicas } = servingConfiguration(study.spec, best.configuration);
    expect(powerOf(study, metered)).toEqual({ wattsPerReplica: 30 / replicas, source: 'processor' });
    expect(worksOnGpu(study)).toBe(false);
  });
});

describe('replicas on a machine', () => {
  it('are as many as its cores or its memory allow, and it says which', () => {
    expect(packReplicas({ cpuCores: 0.8, memoryMb: 512 }, ASSUMED)).toEqual({ perMachine: 10, text: '10 replicas on a machine: cores run out first, memory would hold 54' });
    expect(packReplicas({ cpuCores: 0.1, memoryMb: 4096 }, ASSUMED)).toMatchObject({ perMachine: 6, text: expect.stringContaining('memory runs out first, cores would do for 80') });
    expect(() => packReplicas({ cpuCores: 9, memoryMb: 512 }, ASSUMED)).toThrowError('One replica takes 9.00 cores');
  });
});

describe('a level judged', () => {
  it('counts what it costs', () => {
    const { cost, throughputRps, startS } = judgeLevel(figures(80, 2000), context(), []);
    expect(throughputRps).toBe(2000);
    expect(cost).toEqual({ machines: 10, cores: 80, memoryMb: 80 * 512, machineHoursPerMillion: (10 * 500) / 3600, coreHoursPerMillion: (80 * 500) / 3600, kwhPerMillion: (80 * 5 * 500) / 3.6e6 });
    expect(startS).toEqual({ image: 12, replicas: 2 });
    expect(judgeLevel(figures(80, 2000), context({}, { wattsPerReplica: null }), []).cost.kwhPerMillion).toBeNull();
  });

  it('says what each added replica brought, against the level before and the first', () => {
    const first = judgeLevel(figures(10, 1000), context(), []);
    const second = judgeLevel(figures(100, 5500), context(), [first]);
    expect([first.gain, second.gain]).toEqual([{ rpsPerReplica: 100, ofFirst: 1 }, { rpsPerReplica: 50, ofFirst: 0.5 }]);
  });

  it('uses each part by the utilisation law', () => {
    const { stations } = judgeLevel(figures(16, 10_000, { replicaBusyShare: 0.8, replicaCores: 0.9 }), context(), []);
    expect(stations).toEqual([
      { name: 'replicas', busyShare: 0.9, boundRps: 10_000 / 0.9 }, { name: 'generator', busyShare: 0.125, boundRps: 80_000 },
      { name: 'generator-link', busyShare: 0.4, boundRps: 25_000 }, { name: 'machine-link', busyShare: 0.2, boundRps: 50_000 },
    ]);
  });

  it.each([
    ['replicas', figures(10, 1000, { replicaBusyShare: 0.98 }), {}, 'The replicas are 98 % busy: each further replica brings as much as the one before.', 'More replicas would bring more, until about 250 of them: then the load generator’s link is full.'],
    ['generator', figures(1000, 19_600), { requestCostMs: 0.2 }, 'The load generator’s processor is 98 % busy (200 µs a request): from here on more replicas bring nothing.', 'A second load generator would.'],
    ['generator', figures(1000, 38_000), { requestCostMs: 0.2, generators: 2 }, 'The load generator’s processor is 95 % busy (200 µs a request): from here on more replicas bring little.', 'One more load generator would.'],
    ['generator-link', figures(1000, 24_900), {}, 'The load generator’s link is 100 % full (requests of 5.00 KB at 1,000 Mbit/s): from here on more replicas bring nothing.', 'A faster link, smaller requests or a second load generator would.'],
    ['machine-link', figures(8, 24_500), { generators: 9 }, 'The link of each machine is 98 % full (requests of 5.00 KB at 1,000 Mbit/s): more replicas on a machine bring nothing.', 'More machines, a faster link or smaller requests would.'],
    [null, figures(1000, 10_000), {}, 'No part is more than 50 % busy (replicas): requests are on their way, or wait for a batch to fill.', 'More requests in flight per replica would bring more.'],
  ])('names what is full: %s', (station, level, change, reason, remedy) => {
    expect(judgeLevel(level, context(change), []).bottleneck).toMatchObject({ station, reason, remedy });
  });

  it('is decided by what all share where that is full, though the replicas are busier', () => {
    expect(judgeLevel(figures(100, 24_500, { replicaBusyShare: 1 }), context(), []).bottleneck.station).toBe('generator-link');
  });

  it('tells a limit once, where it is first met', () => {
    const [small, large] = [judgeLevel(figures(300, 1000), context(), []), judgeLevel(figures(3000, 1000), context(), [])];
    expect([newLimits(small, undefined), newLimits(large, small)].map((limits) => limits.map(({ id }) => id))).toEqual([['overlay-addresses'], ['swarm-ports', 'client-ports']]);
  });

  it('names the limits of Docker and Linux it meets, and no others', () => {
    const limits = (level: ScaleFigures, change: Partial<ScaleAssumptions> = {}): readonly string[] => judgeLevel(level, context(change), []).limits.map(({ id }) => id);
    expect(limits(figures(253, 1000))).toEqual([]);
    expect(limits(figures(254, 1000))).toEqual(['overlay-addresses']);
    expect(limits(figures(3000, 1000))).toEqual(['overlay-addresses', 'swarm-ports', 'client-ports']);
    expect(limits(figures(3000, 1000), { generators: 2 })).toEqual(['overlay-addresses', 'swarm-ports']);
    expect(limits(figures(10_000, 1000, { p95Ms: 12_000 }))).toEqual(['overlay-addresses', 'neighbours', 'swarm-ports', 'client-ports', 'timeout']);
  });
});
