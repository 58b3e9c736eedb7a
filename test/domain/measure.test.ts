import { describe, expect, it } from 'vitest';
import { measurementSchema } from '../../main/domain/measurement.ts';
import { dominantFault, measure, type MeasureInput } from '../../main/domain/measure.ts';
import { createRandom } from '../../main/domain/random.ts';
import { ROUND_TRIP_FAULTS, type RoundTripFault, type RoundTrips, emptyRoundTrips } from '../../main/domain/round-trips.ts';
import { studySpecSchema, type StudySpec, type StudySpecDraft } from '../../main/domain/study-spec.ts';
import { leastForClosedLoop } from '../../main/domain/closed-loop-interval.ts';

function spec(changes: Partial<StudySpecDraft> = {}): StudySpec {
  return studySpecSchema.parse({
    name: 'Test',
    backend: { kind: 'local' },
    model: { workload: 'digits' },
    space: [{ kind: 'integer', name: 'replicas', low: 1, high: 4 }],
    environment: { concurrency: 2 },
    objective: { metric: 'meanRoundTripMs', direction: 'minimise' },
    measurement: { requests: { kind: 'fixed', count: 3413 } },
    sampler: { kind: 'random' },
    budget: { trials: 10 },
    seed: 1,
    ...changes,
  });
}

/** Two requests always in flight, one per replica; `roundTrip(i)` and `fault(i)` say how each went; the first two are excluded. */
function tripsOf(count: number, roundTrip: (i: number) => number, fault: (i: number) => RoundTripFault = () => 'ok'): RoundTrips {
  const trips = emptyRoundTrips(count);
  const freeMs = [0, 0];
  for (let i = 0; i < count; i++) {
    const replica = i % 2;
    trips.startMs[i] = freeMs[replica]!;
    trips.roundTripMs[i] = roundTrip(i);
    freeMs[replica]! += roundTrip(i);
    trips.replica[i] = replica;
    trips.fault[i] = ROUND_TRIP_FAULTS.indexOf(fault(i));
    trips.excluded[i] = i < 2 ? 1 : 0;
  }
  return trips;
}

const random = createRandom('measure');
const steady = (): number => 10 + random.normal();

function input(changes: Partial<MeasureInput> = {}): MeasureInput {
  return {
    trips: tripsOf(2000, steady),
    durationS: 10,
    lagMsP99: 0.1,
    cpuShare: 0.2,
    sure: true,
    spec: spec(),
    replicas: [
      { cpuCores: 0.5, memoryMb: 200, throttledShare: 0.1 },
      { cpuCores: 0.25, memoryMb: 300, throttledShare: null },
    ],
    server: null,
    enforcement: 'cgroup v2',
    ...changes,
  };
}

describe('figures', () => {
  it('come from the counted round trips only', () => {
    const trips = tripsOf(1002, (i) => (i < 2 ? 500 : 10), (i) => (i === 500 ? 'timeout' : i === 501 ? 'http-503' : 'ok'));
    const figures = measure(input({ trips }));
    expect(figures).toMatchObject({
      meanRoundTripMs: 10, p50Ms: 10, p99Ms: 10, minMs: 10, maxMs: 10,
      sent: 1002, counted: 998, excluded: 2, timeouts: 1, errors: { timeout: 1, 'http-503': 1 },
      cpuCores: 0.75, memoryMb: 300, enforcement: 'cgroup v2', generator: { lagMsP99: 0.1, cpuShare: 0.2 },
      verdict: { kind: 'valid', reason: '', remedy: '' },
    });
    expect(figures.replicas.map(({ requests }) => requests)).toEqual([501, 501]);
    /** 998 answers in the 500 rounds of 10 ms after the excluded ones, two in flight. */
    expect(figures.throughputRps).toBeCloseTo(199.6, 6);
    expect(figures.achievedConcurrency).toBeCloseTo(2, 6);
    expect(measurementSchema.parse(figures)).toEqual(figures);
  });

  it('the second latency definition divides the time by requests and items', () => {
    const batched = spec({ environment: { concurrency: 2, requestBatchSize: 4 } });
    expect(measure(input({ spec: batched, trips: tripsOf(1002, () => 10) })).inferenceTimeMs).toBeCloseTo(5000 / (1000 * 4), 6);
  });

  it('what no backend saw stays unknown', () => {
    const nothing = { cpuCores: null, memoryMb: null, throttledShare: null };
    expect(measure(input({ replicas: [nothing, { ...nothing, cpuCores: 1 }] }))).toMatchObject({ cpuCores: null, memoryMb: null });
  });
});

describe('verdicts', () => {
  const verdictOf = (changes: Partial<MeasureInput>) => measure(input(changes)).verdict;
  const noisy = (): number => 10 * Math.log(1 / (1 - random.next())) ** 3;
  const untilSure = spec({ measurement: { requests: { kind: 'until-sure', halfWidthPercent: 2, atMost: 2000 } } });

  it.each<[string, Partial<MeasureInput>, RegExp, RegExp]>([
    ['errors', { trips: tripsOf(2000, steady, (i) => (i % 50 === 0 ? 'http-503' : 'ok')) }, /^2 % of the requests failed: 40 of 2,000 requests were turned away \(HTTP 503\)/, /enqueued batches/],
    ['too-few', { trips: tripsOf(40, steady) }, /^38 counted requests at a concurrency of 2 are too few/, /^Send 46 more requests \(under 1 s\)\.$/],
    ['saturated', { lagMsP99: 3 }, /^The load generator itself was 3\.00 ms late, 30 % of/, /processor core free/],
    ['saturated', { cpuShare: 0.97 }, /used 97 % of a processor core/, /^Send from 2 threads/],
    ['saturated', { lagMsP99: 3, cpuShare: 0.8 }, /^The load generator itself was 3\.00 ms late/, /^Send from 2 threads/],
    ['busy', { backgroundShare: 0.6 }, /^Other programs used 60 %/, /Close them/],
    ['unstable', { trips: tripsOf(1000, noisy) }, /^The interval is ± .* % of the mean\.$/, /^Send [\d,]+ more requests \((about|under) .*\)\.$/],
    ['unstable', { trips: tripsOf(2000, (i) => steady() + (i > 1000 ? 1.5 : 0)) }, /^Round trips of the second half were 1\d % longer/, /^Send 2,000 more requests \(about \d+ s\)\.$/],
    ['unstable', { spec: untilSure, sure: false, trips: tripsOf(2000, noisy) }, /^After 2,000 requests the interval is ± .* % of the mean, not ± 2 %\.$/, /^Send /],
    ['valid', {}, /^$/, /^$/],
    ['valid', { spec: untilSure, sure: true }, /^$/, /^$/],
    ['valid', { trips: tripsOf(2000, steady, (i) => (i % 200 === 0 ? 'timeout' : 'ok')), backgroundShare: 0.1 }, /^$/, /^$/],
  ])('%s', (kind, changes, reason, remedy) => {
    const verdict = verdictOf(changes);
    expect(verdict.kind).toBe(kind);
    expect(verdict.reason).toMatch(reason);
    expect(verdict.remedy).toMatch(remedy);
  });

  it('the remedy of too few requests is enough for an interval', () => {
    const verdict = verdictOf({ trips: tripsOf(40, steady) });
    const more = Number(/Send (\d+)/.exec(verdict.remedy)![1]);
    expect(38 + more).toBe(leastForClosedLoop(2));
    expect(verdictOf({ trips: tripsOf(40 + more, steady) }).kind).not.toBe('too-few');
  });
});

describe('nothing counted', () => {
  it('throws what most requests died of', () => {
    const trips = tripsOf(3413, () => 10_000, (i) => (i < 10 ? 'connection-reset' : 'timeout'));
    expect(dominantFault(trips, { timeoutMs: 10_000 })).toMatchObject({ code: 'tcp-timeout', message: '3,403 of 3,413 requests had no answer within 10 s (TCP timeout).' });
    expect(() => measure(input({ trips }))).toThrowError('3,403 of 3,413 requests had no answer within 10 s (TCP timeout).');
  });

  it('throws when all answers belong to the excluded', () => {
    expect(() => measure(input({ trips: tripsOf(2, () => 5) }))).toThrowError(/No request was counted: all 2 belong to the first 2 of their replica/);
  });

  it('has a sentence and a next step for every fault', () => {
    for (const fault of ROUND_TRIP_FAULTS.slice(1)) {
      const described = dominantFault(tripsOf(3, () => 1, () => fault), { timeoutMs: 10_000 })!;
      expect(described.message).toMatch(/^3 of 3 requests .+\.$/);
      expect(described.hint).toMatch(/.+\.$/);
    }
    expect(dominantFault(tripsOf(3, () => 1), { timeoutMs: 1 })).toBeNull();
  });
});
