import { ServescapeError } from '../domain/errors.ts';
import { replicaCapacity, type Calibration, type Capacity, type FleetMember } from '../domain/machine.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import { loadEndpoints, networkMsOf } from './load-way.ts';
import type { Lab } from './ports.ts';

export interface Fleet {
  /** What every one of them has. */
  readonly capacity: Capacity;
  readonly machines: FleetMember[];
  /** Why they should not share a study, and what to do; null when they are equal enough. */
  readonly difference: string | null;
}

/** The load every machine gets before a run on several: one replica, usual batching, a few requests in flight. */
const CALIBRATION = { requests: 300, concurrency: 4, excludeFirst: 50 } as const;
/** Times of small containers on an idle machine repeat within about a tenth. */
const EQUAL_WITHIN = 0.15;
const MEMORY_WITHIN = 0.1;

/** Several machines of a run get the same short load, so that trials of unequal machines are never mixed silently. */
export async function meetFleet(labs: readonly Lab[], spec: StudySpec, signal: AbortSignal): Promise<Fleet> {
  const facts = await Promise.all(labs.map((lab) => lab.machine.read()));
  const capacities = facts.map(replicaCapacity);
  const capacity = { cores: Math.min(...capacities.map(({ cores }) => cores)), memoryMb: Math.min(...capacities.map(({ memoryMb }) => memoryMb)) };
  const seen = await Promise.all(labs.map((lab) => calibrate(lab, spec, capacity, signal)));
  const machines = facts.map(({ hostname, cores, memoryMb }, i): FleetMember => ({
    name: labs[i]!.name ?? hostname, cores, memoryMb,
    calibration: { ...seen[i]!, requests: CALIBRATION.requests, ratio: seen[i]!.medianMs / seen[0]!.medianMs },
  }));
  return { capacity, machines, difference: differenceAmong(machines) };
}

async function calibrate(lab: Lab, spec: StudySpec, capacity: Capacity, signal: AbortSignal): Promise<Pick<Calibration, 'medianMs' | 'networkMs'>> {
  const { requests: count, concurrency, excludeFirst } = CALIBRATION;
  const usual = servingConfiguration(spec, {});
  const serving = { ...usual, replicas: 1, cpuCores: Math.min(1, capacity.cores), memoryMb: Math.min(Math.max(usual.memoryMb, 512), capacity.memoryMb) };
  const deployment = await lab.backend.deploy({
    serving, model: spec.model, readyTimeoutMs: spec.measurement.readyTimeoutMs, signal,
    labels: { project: 'calibration', study: 'calibration', trial: 1 }, onReplica: () => undefined,
  });
  try {
    const networkMs = await networkMsOf(spec, lab, deployment);
    const { trips } = await Promise.race([deployment.died, lab.load.run({
      endpoints: loadEndpoints(spec, deployment), model: { ...spec.model, balancing: 'round-robin' },
      environment: { concurrency, requestBatchSize: 1, inputs: 'unique', network: { delayMs: 0, jitterMs: 0, lossPercent: 0, resetPercent: 0 } },
      measurement: { ...spec.measurement, loadModel: { kind: 'closed' }, requests: { kind: 'fixed', count }, racing: false },
      seed: 'calibration',
    }, { signal, onTick: () => undefined })]);
    const counted = [...trips.roundTripMs].filter((_, i) => i >= excludeFirst && trips.fault[i] === 0).sort((a, b) => a - b);
    if (counted.length < (count - excludeFirst) / 2) {
      throw new ServescapeError('no-answers', `${lab.name ?? 'A machine'} answered ${counted.length} of ${count} requests of the calibration load.`, {
        hint: 'Try one request on it, or take it out of the list of engines.',
      });
    }
    return { medianMs: counted[Math.floor(counted.length / 2)]!, networkMs };
  } finally {
    await deployment.release({ reusable: true });
  }
}

/** The first machine is what the others are compared to. Null: equal enough. */
export function differenceAmong([first, ...others]: readonly FleetMember[]): string | null {
  for (const other of others) {
    const what = differenceOf(first!, other);
    if (what === null) continue;
    return `${other.name} is not equal to ${first!.name}: ${what}. Trials on both would not be comparable. ` +
      'Take one of them out of the list, or allow unequal machines in Design; every trial says where it ran.';
  }
  return null;
}

function differenceOf(first: FleetMember, other: FleetMember): string | null {
  if (other.cores !== first.cores) return `it has ${other.cores} cores, not ${first.cores}`;
  if (Math.abs(other.memoryMb / first.memoryMb - 1) > MEMORY_WITHIN) return `it has ${other.memoryMb} MB of memory, not ${first.memoryMb} MB`;
  const { ratio, medianMs } = other.calibration;
  if (Math.max(ratio, 1 / ratio) <= 1 + EQUAL_WITHIN) return null;
  return `the same ${CALIBRATION.requests} requests took ${medianMs.toFixed(2)} ms each (median), there ${first.calibration.medianMs.toFixed(2)} ms`;
}
