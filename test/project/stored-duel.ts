import { createRandom, type Random } from '../../main/domain/random.ts';
import { emptyRoundTrips, ROUND_TRIP_FAULTS, type RoundTrips } from '../../main/domain/round-trips.ts';
import { planSweep, REPORT_CONCURRENCIES, sweepSpecSchema } from '../../main/domain/sweep.ts';
import { createProjectFile } from '../../main/project/project-file.ts';
import { digitsSpec, studyEvents } from '../renderer/fixtures/build-study.ts';
import { finishedStudyEvents } from '../domain/sweep-samples.ts';
import type { Study } from '../../main/domain/study.ts';

const AT = '2026-11-21T10:00:00.000Z';
export const REQUESTS = 3413;

/**
 * Writes a whole project as the app would have left it: a study of 50 trials with failures, a limit and every round trip, and
 * a finished duel over the report's eight concurrencies. Invented numbers, the same every time.
 */
export function storeDuel(path: string): string {
  const file = createProjectFile(path, { name: 'Report', at: AT });
  const spec = digitsSpec({ objective: { metric: 'meanRoundTripMs', direction: 'minimise', constraints: [{ metric: 'p99Ms', relation: 'at-most', bound: 40 }] } });
  const duel = sweepSpecSchema.parse({
    name: 'Duel', vary: { kind: 'concurrency', values: REPORT_CONCURRENCIES }, duel: true, base: { ...digitsSpec(), budget: { trials: 12 }, sampler: { kind: 'bayes', startupTrials: 6 } },
  });
  const { id, members } = file.createSweep(duel, AT);
  file.appendSweepEvent(id, { kind: 'sweep-started', at: AT });
  const planned = planSweep(duel);
  members.forEach(({ studyId, value, side }, i) => {
    const best = (1 + 0.21 * value) * (side === 'bayes' ? 1 - 0.05 - value * 0.002 : 1);
    const store = file.store(studyId);
    for (const event of finishedStudyEvents(studyId, planned[i]!.spec, best, best * 0.004).slice(1)) store.append(event);
    storeTrips(file.study(studyId), (trial, trips) => store.appendRoundTrips(trial, trips), 400);
  });
  file.appendSweepEvent(id, { kind: 'sweep-ended', at: AT, reason: { kind: 'done', text: 'Every study is done.' } });
  const studyId = file.createStudy(spec, AT);
  const store = file.store(studyId);
  for (const event of studyEvents({ trials: 50, failEvery: 9, end: true, spec: { objective: spec.objective } }).slice(1)) store.append(event);
  storeTrips(file.study(studyId), (trial, trips) => store.appendRoundTrips(trial, trips), REQUESTS);
  file.close();
  return path;
}

function storeTrips({ trials }: Study, store: (trial: number, trips: RoundTrips) => void, count: number): void {
  for (const { number, measurement, configuration } of trials) {
    if (measurement !== null) store(number, roundTripsOf(count, measurement.meanRoundTripMs, Number(configuration['replicas'] ?? 1), createRandom(number)));
  }
}

/** Three clusters, the first two of each replica slow and left out, one request in 500 failed. */
export function roundTripsOf(count: number, meanMs: number, replicas: number, random: Random): RoundTrips {
  const trips = emptyRoundTrips(count);
  for (let i = 0; i < count; i++) {
    const first = i < 2 * replicas;
    const cluster = [0.62, 1, 1.5][random.integer(0, 2)]!;
    trips.startMs[i] = (i * meanMs) / 20;
    trips.roundTripMs[i] = meanMs * (first ? 3.5 : cluster) * (1 + 0.03 * random.normal());
    trips.replica[i] = i % replicas;
    trips.excluded[i] = first ? 1 : 0;
    trips.fault[i] = i % 500 === 499 ? ROUND_TRIP_FAULTS.length - 1 : 0;
  }
  return trips;
}
