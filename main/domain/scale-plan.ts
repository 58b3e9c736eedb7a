import { z } from 'zod';
import { badInput, ServescapeError } from './errors.ts';
import { counted, formatBytes, formatCount, formatMemory, formatMs, formatPercent, formatValue } from './format.ts';
import { asksGpuClock } from './gpu.ts';
import type { Machine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import type { ScaleCalibration } from './scale-level.ts';
import { servingConfiguration, type ServingConfiguration } from './serving-configuration.ts';
import { bestTrial, type Study } from './study.ts';
import type { Trial } from './trial.ts';
import { WORKLOADS } from './workload-facts.ts';

/**
 * What a simulation past the lab assumes: equal machines that carry replicas of one configuration, and load generators on
 * machines of their own. Everything else (configuration, items per request, balancing, impairment) is the study's.
 */
export const MOST_REPLICAS = 10_000;
/** Requests in flight at the largest level: more would take minutes to simulate. */
export const MOST_IN_FLIGHT = 1_000_000;
const MOST_LEVELS = 16;

const mbps = z.number().positive().max(1_000_000);
const bytes = z.int().min(1).max(1_000_000_000);

export const scaleAssumptionsSchema = z.strictObject({
  levels: z.array(z.int().min(1).max(MOST_REPLICAS)).min(1).max(MOST_LEVELS),
  machineCores: z.int().min(1).max(1024),
  machineMemoryMb: z.number().min(1).max(100_000_000),
  /** Times the number of replicas: requests in flight at a level. */
  inFlightPerReplica: z.number().positive().max(1000),
  generators: z.int().min(1).max(1000),
  generatorThreads: z.int().min(1).max(1024),
  requestCostMs: z.number().min(0).max(1000),
  generatorLinkMbps: mbps,
  machineLinkMbps: mbps,
  requestBytes: bytes,
  answerBytes: bytes,
  wayMs: z.number().min(0).max(1000),
  imageMb: z.number().min(0).max(1_000_000),
}).superRefine(({ levels, inFlightPerReplica }, context) => {
  const most = Math.max(...levels);
  if (most * inFlightPerReplica <= MOST_IN_FLIGHT) return;
  context.addIssue({ code: 'custom', path: ['inFlightPerReplica'], message: `at most ${formatValue(MOST_IN_FLIGHT / most)} with ${formatCount(most)} replicas` });
});
export type ScaleAssumptions = z.infer<typeof scaleAssumptionsSchema>;
export type ScaleField = keyof ScaleAssumptions;

export interface ScaleFieldFacts {
  readonly label: string;
  readonly unit: string;
  readonly help: string;
}

/** What each assumption is called on screen and on the command line. */
export const SCALE_FIELDS: Readonly<Record<ScaleField, ScaleFieldFacts>> = {
  levels: { label: 'Replicas', unit: '', help: 'The numbers of replicas to simulate, 1 to 10,000.' },
  machineCores: { label: 'Cores of a machine', unit: 'cores', help: 'All machines that carry replicas are equal; nothing else runs on them.' },
  machineMemoryMb: { label: 'Memory of a machine', unit: 'MB', help: '85 % of it is for replicas.' },
  inFlightPerReplica: { label: 'In flight per replica', unit: 'requests', help: 'Requests in flight grow with the number of replicas.' },
  generators: { label: 'Load generators', unit: '', help: 'Machines that send requests and carry no replicas.' },
  generatorThreads: { label: 'Threads of a generator', unit: 'threads', help: 'How many requests one load generator can send or read at the same time.' },
  requestCostMs: { label: 'Cost of a request', unit: 'ms', help: 'Processor time of the load generator for sending one request and reading its answer.' },
  generatorLinkMbps: { label: 'Link of a generator', unit: 'Mbit/s', help: 'Bandwidth in each direction.' },
  machineLinkMbps: { label: 'Link of a machine', unit: 'Mbit/s', help: 'Bandwidth in each direction; images are fetched over one such link.' },
  requestBytes: { label: 'Size of a request', unit: 'bytes', help: 'On the wire, its head included.' },
  answerBytes: { label: 'Size of an answer', unit: 'bytes', help: 'On the wire, its head included.' },
  wayMs: { label: 'Way between machines', unit: 'ms', help: 'From one machine to another without any load, one direction. What the study adds to the network comes on top.' },
  imageMb: { label: 'Image of the server', unit: 'MB', help: 'Every machine fetches it once before its replicas start.' },
};

export interface ScaleStart {
  readonly assumptions: ScaleAssumptions;
  /** Where each of them comes from, half a sentence. */
  readonly why: Readonly<Record<ScaleField, string>>;
}

const USUAL_LEVELS = [10, 30, 100, 300, 1000, 3000, 10_000];
/** What this program's own generator takes for requests of 20 KB (test/bench/load). */
const USUAL_COST_MS = 0.025;
const USUAL_LINK_MBPS = 1000;
const USUAL_WAY_MS = 0.05;
const USUAL_IMAGE_MB = 150;
const UNKNOWN_BYTES = { request: 10_000, answer: 1000 };

/** The trial whose configuration is multiplied; null: the best. @throws ServescapeError when it was not measured */
export function trialToScale(study: Study, number: number | null): Trial & { readonly measurement: Measurement } {
  const trial = number === null ? bestTrial(study) : study.trials[number - 1];
  if (number !== null && !trial) throw badInput('trial', number, study.trials.length === 0 ? 'null: there are no trials yet' : `1 to ${study.trials.length}`);
  const { measurement } = trial ?? { measurement: null };
  if (trial && measurement) return { ...trial, measurement };
  throw new ServescapeError('not-found', number === null ? 'This study has no best trial yet.' : `Trial ${number} was not measured.`, { hint: 'Choose a trial that was measured.' });
}

/** What is assumed as long as nobody says otherwise: measured where the trial has it, else usual, and which of them it is. */
export function startOfScale(study: Study, trial: Trial & { readonly measurement: Measurement }): ScaleStart {
  const { spec } = study;
  const { measurement } = trial;
  const isSimulated = spec.backend.kind === 'simulated';
  const machine = machineOf(study);
  const serving = servingConfiguration(spec, trial.configuration);
  const inFlight = inFlightOf(study, measurement);
  const inFlightPerReplica = Number((inFlight / serving.replicas).toPrecision(4));
  const cost = measuredCostMs(measurement);
  const wire = wireBytes(study);
  const ofMachine = machine === null ? 'nothing is known of the machine' : isSimulated ? 'as the simulated machine' : `as ${machine.hostname}, where it was measured`;
  const levels = USUAL_LEVELS.filter((level) => level * inFlightPerReplica <= MOST_IN_FLIGHT);
  return {
    assumptions: {
      levels, machineCores: machine?.cores ?? 8, machineMemoryMb: Math.floor(machine?.memoryMb ?? 16_384), inFlightPerReplica, generators: 1, generatorThreads: machine?.cores ?? 8,
      requestCostMs: cost ?? USUAL_COST_MS, generatorLinkMbps: USUAL_LINK_MBPS, machineLinkMbps: USUAL_LINK_MBPS,
      requestBytes: wire.request, answerBytes: wire.answer, wayMs: USUAL_WAY_MS, imageMb: USUAL_IMAGE_MB,
    },
    why: {
      levels: levels.length < USUAL_LEVELS.length ? `more than ${formatCount(MOST_IN_FLIGHT)} requests in flight would take minutes to simulate` : 'three levels for every factor of ten',
      machineCores: ofMachine, machineMemoryMb: ofMachine,
      inFlightPerReplica: `${formatCount(inFlight)} over ${counted(serving.replicas, 'replica')}, as in trial ${trial.number}`,
      generators: 'one, as in the lab',
      generatorThreads: 'one for each core of such a machine',
      requestCostMs: cost === null ? 'what this program’s own generator takes for 20 KB; the simulated lab counts nothing for it' : `measured in trial ${trial.number}: ${formatPercent(measurement.generator.cpuShare * 100)} of a core at ${formatValue(measurement.throughputRps)} requests/s`,
      generatorLinkMbps: 'gigabit Ethernet, usual between workstations', machineLinkMbps: 'gigabit Ethernet, usual between workstations',
      requestBytes: wire.why, answerBytes: wire.why,
      wayMs: 'about what one switch between two machines takes',
      imageMb: 'about what the built-in server takes as an image',
    },
  };
}

/** Levels in order, each once. */
export function scaleLevels({ levels }: Pick<ScaleAssumptions, 'levels'>): readonly number[] {
  return [...new Set(levels)].sort((a, b) => a - b);
}

export interface Packing {
  /** Replicas one machine carries at most. */
  readonly perMachine: number;
  /** "8 replicas a machine: cores run out first, memory would hold 27" */
  readonly text: string;
}

const MEMORY_SHARE = 0.85;

/** How many replicas of this configuration fit on one machine. @throws ServescapeError when not even one does */
export function packReplicas({ cpuCores, memoryMb }: Pick<ServingConfiguration, 'cpuCores' | 'memoryMb'>, { machineCores, machineMemoryMb }: ScaleAssumptions): Packing {
  const byCores = Math.floor(machineCores / cpuCores + 1e-9);
  const byMemory = Math.floor((machineMemoryMb * MEMORY_SHARE) / memoryMb + 1e-9);
  const perMachine = Math.min(byCores, byMemory);
  if (perMachine === 0) {
    throw new ServescapeError('limit-above-machine', `One replica takes ${formatValue(cpuCores)} cores and ${formatMemory(memoryMb)}; a machine has ${machineCores} cores and ${formatMemory(machineMemoryMb * MEMORY_SHARE)} for replicas.`, {
      hint: 'Assume a larger machine, or choose a trial with smaller replicas.', field: byCores === 0 ? 'machineCores' : 'machineMemoryMb',
    });
  }
  const other = byCores <= byMemory ? `cores run out first, memory would hold ${formatCount(byMemory)}` : `memory runs out first, cores would do for ${formatCount(byCores)}`;
  return { perMachine, text: `${counted(perMachine, 'replica')} on a machine: ${other}` };
}

export function concurrencyAt(replicas: number, { inFlightPerReplica }: Pick<ScaleAssumptions, 'inFlightPerReplica'>): number {
  return Math.max(1, Math.round(replicas * inFlightPerReplica));
}

/** Requests in flight of a trial: given in a closed loop, else as they turned out. */
export function inFlightOf({ spec }: Pick<Study, 'spec'>, measurement: Measurement): number {
  return spec.measurement.loadModel.kind === 'closed' ? spec.environment.concurrency : Math.max(1, Math.round(measurement.achievedConcurrency));
}

/** Processor time of the sending threads per request, ms; null where nothing was measured of it. */
export function measuredCostMs({ generator, durationS, sent }: Measurement): number | null {
  const costMs = (generator.cpuShare * durationS * 1000) / Math.max(1, sent);
  return costMs > 0 ? Number(costMs.toPrecision(3)) : null;
}

/** Watts of the trial's machine for each of its replicas, and where they come from; null without a source. */
export function powerOf({ spec }: Pick<Study, 'spec'>, { configuration, measurement }: Trial & { readonly measurement: Measurement }): { readonly wattsPerReplica: number; readonly source: NonNullable<Measurement['energy']>['source'] } | null {
  const { energy, durationS } = measurement;
  if (energy?.joules == null || energy.source === 'none' || durationS <= 0) return null;
  return { wattsPerReplica: energy.joules / durationS / servingConfiguration(spec, configuration).replicas, source: energy.source };
}

/** Whether replicas work on GPUs: one card per machine is simulated then. */
export function worksOnGpu({ spec }: Pick<Study, 'spec'>): boolean {
  const { backend } = spec;
  return asksGpuClock(spec) || (backend.kind === 'docker' && backend.gpus !== 'none') || (backend.kind === 'swarm' && backend.gpusPerReplica > 0);
}

function machineOf({ runs }: Study): Machine | null {
  return runs[runs.length - 1]?.machine ?? null;
}

function wireBytes({ spec }: Pick<Study, 'spec'>): { readonly request: number; readonly answer: number; readonly why: string } {
  const { workload, transport } = spec.model;
  const items = spec.environment.requestBatchSize;
  const wire = WORKLOADS[workload].wire?.[transport];
  if (wire === undefined) return { ...UNKNOWN_BYTES, why: 'a guess: “Try one request” on Design shows the real size' };
  const size = ({ head, item }: { readonly head: number; readonly item: number }): number => head + items * item;
  const form = transport === 'grpc' ? 'gRPC' : 'REST';
  return { request: size(wire.request), answer: size(wire.answer), why: `${form}, ${items === 1 ? 'one item' : `${items} items`} of the bundled data, ${formatBytes(wire.request.item)} and ${formatBytes(wire.answer.item)} each` };
}

/** What a simulated number of this page is worth, for a measured study. */
export function calibrationWords({ factor, simulatedMs, measuredMs, trial }: ScaleCalibration): string {
  return `Work and way of the simulated server are multiplied by ${formatValue(factor)}, so that it repeats trial ${trial} at the size it was measured: ${formatMs(simulatedMs)} simulated, ${formatMs(measuredMs)} measured. Everything beyond that size is simulated, not measured.`;
}

/** The same for a study of the simulated lab. */
export const NOT_CALIBRATED = 'The study itself was simulated; nothing here was measured.';
