import { scaleBottleneck, type Bottleneck } from './scale-bottleneck.ts';
import { scaleLimits, type ScaleLimit } from './scale-limits.ts';
import { concurrencyAt, type ScaleAssumptions } from './scale-plan.ts';
import type { ServingConfiguration } from './serving-configuration.ts';

/** What one simulated level gave. Times in ms of virtual time; the start is left out. */
export interface ScaleFigures {
  readonly replicas: number;
  readonly machines: number;
  /** Requests in flight. */
  readonly concurrency: number;
  /** Requests that ended in the window, and those of them with an answer. */
  readonly requests: number;
  readonly answered: number;
  readonly spanS: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Share of the time in which the batch threads were at work, mean over all replicas, 0–1. */
  readonly replicaBusyShare: number;
  /** Cores in use by a replica, mean. */
  readonly replicaCores: number;
  readonly meanBatchSize: number;
}

export type StationName = 'replicas' | 'generator' | 'generator-link' | 'machine-link';

/** Something requests can queue for. */
export interface Station {
  readonly name: StationName;
  /** 0–1; by the utilisation law: throughput × what one request takes of it ÷ what it has. */
  readonly busyShare: number;
  /** Requests per second at which it is full; null where it is hardly used. */
  readonly boundRps: number | null;
}

export interface ScaleCost {
  readonly machines: number;
  readonly cores: number;
  readonly memoryMb: number;
  /** Machines with replicas × time for a million answers. Load generators are not counted: users send requests otherwise. */
  readonly machineHoursPerMillion: number;
  readonly coreHoursPerMillion: number;
  /** Null where the study read no energy. */
  readonly kwhPerMillion: number | null;
}

export interface ScaleLevel extends ScaleFigures {
  readonly throughputRps: number;
  readonly stations: readonly Station[];
  readonly bottleneck: Bottleneck;
  readonly cost: ScaleCost;
  /** Answers per second each replica brought that the level before did not have, and that against each of the first level. */
  readonly gain: { readonly rpsPerReplica: number; readonly ofFirst: number };
  /** Before the first request: fetching the image everywhere, and starting the replicas of one machine; null where unknown. */
  readonly startS: { readonly image: number; readonly replicas: number | null };
  /** Hard limits of Docker and Linux that this size meets. */
  readonly limits: readonly ScaleLimit[];
}

/** What is heard of a simulation while it runs. */
export type ScaleUpdate =
  /** `share` of the present step, 0–1. */
  | { readonly kind: 'working'; readonly text: string; readonly share: number }
  /** A measured study only: the factor with which the simulation repeats the trial. */
  | { readonly kind: 'calibrated'; readonly trial: number; readonly factor: number; readonly simulatedMs: number; readonly measuredMs: number }
  | { readonly kind: 'level'; readonly level: ScaleLevel };

export type ScaleCalibration = Omit<Extract<ScaleUpdate, { kind: 'calibrated' }>, 'kind'>;

export interface ScaleContext {
  readonly assumptions: ScaleAssumptions;
  readonly serving: ServingConfiguration;
  readonly wattsPerReplica: number | null;
  /** Of the replicas of one full machine; null: unknown. */
  readonly replicasStartS: number | null;
  /** The study gives a request up after this long. */
  readonly timeoutMs: number;
}

/** A simulated level judged: what is full, what it costs, what it brings against the level before it. Pure. */
export function judgeLevel(figures: ScaleFigures, context: ScaleContext, before: readonly ScaleLevel[]): ScaleLevel {
  const { assumptions, serving, wattsPerReplica, replicasStartS } = context;
  const throughputRps = figures.answered / figures.spanS;
  const stations = stationsOf(figures, context);
  const perMillionS = throughputRps > 0 ? 1e6 / throughputRps : Infinity;
  const last = before[before.length - 1];
  const rpsPerReplica = last === undefined ? throughputRps / figures.replicas : (throughputRps - last.throughputRps) / (figures.replicas - last.replicas);
  const cores = figures.replicas * serving.cpuCores;
  return {
    ...figures, throughputRps, stations,
    bottleneck: scaleBottleneck(figures, throughputRps, stations, assumptions),
    cost: {
      machines: figures.machines, cores, memoryMb: figures.replicas * serving.memoryMb,
      machineHoursPerMillion: (figures.machines * perMillionS) / 3600, coreHoursPerMillion: (cores * perMillionS) / 3600,
      kwhPerMillion: wattsPerReplica === null ? null : (figures.replicas * wattsPerReplica * perMillionS) / 3.6e6,
    },
    gain: { rpsPerReplica, ofFirst: rpsPerReplica / (before[0]?.gain.rpsPerReplica ?? rpsPerReplica) },
    startS: { image: (assumptions.imageMb * 8 * figures.machines) / assumptions.machineLinkMbps, replicas: replicasStartS },
    limits: scaleLimits(figures, context),
  };
}

/** Every request passes every station once, answered or not. */
function stationsOf(figures: ScaleFigures, { assumptions, serving }: ScaleContext): readonly Station[] {
  const { generators, generatorThreads, requestCostMs, generatorLinkMbps, machineLinkMbps } = assumptions;
  const rps = figures.requests / figures.spanS;
  const bits = Math.max(assumptions.requestBytes, assumptions.answerBytes) * 8;
  const fullestMachine = Math.ceil(figures.replicas / figures.machines) / figures.replicas;
  const shared = (name: StationName, boundRps: number): Station => ({ name, busyShare: Math.min(1, rps / boundRps), boundRps: Number.isFinite(boundRps) ? boundRps : null });
  const replicasBusy = Math.min(1, Math.max(figures.replicaBusyShare, figures.replicaCores / serving.cpuCores));
  return [
    { name: 'replicas', busyShare: replicasBusy, boundRps: replicasBusy > 0.05 ? rps / replicasBusy : null },
    shared('generator', (generators * generatorThreads * 1000) / requestCostMs),
    shared('generator-link', (generators * generatorLinkMbps * 1e6) / bits),
    shared('machine-link', (machineLinkMbps * 1e6) / bits / fullestMachine),
  ];
}

/** How many machines a level takes, and how many requests are in flight. */
export function sizeOf(replicas: number, perMachine: number, assumptions: ScaleAssumptions): Pick<ScaleFigures, 'replicas' | 'machines' | 'concurrency'> {
  return { replicas, machines: Math.ceil(replicas / perMachine), concurrency: concurrencyAt(replicas, assumptions) };
}
