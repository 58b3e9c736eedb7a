import { ServescapeError } from '../domain/errors.ts';
import type { ServingConfiguration } from '../domain/serving-configuration.ts';

/** What every failure of a replica knows. Replicas are counted from 1 in words. */
export interface FailureScene {
  readonly replica: number;
  readonly serving: Pick<ServingConfiguration, 'cpuCores' | 'memoryMb'>;
  /** Last lines of its log. */
  readonly log: readonly string[];
}

/** People set limits in round numbers. */
const MEMORY_STEP_MB = 16;
/** What is in use once a server is ready is a little less than what it needed on the way there. */
const MEMORY_MARGIN = 1.1;
const MEMORY_MARGIN_MB = 8;

/** A limit to suggest: what was in use, a margin, up to the next multiple of 16 MB. */
export function memoryToTryMb(usedMb: number): number {
  return Math.ceil((usedMb * MEMORY_MARGIN + MEMORY_MARGIN_MB) / MEMORY_STEP_MB) * MEMORY_STEP_MB;
}

/** `neededMb`: measured without a limit; null when it could not be measured. `evidence`: the signal that says so. */
export function outOfMemoryAtStart(scene: FailureScene, neededMb: number | null, evidence: string): ServescapeError {
  const limit = scene.serving.memoryMb;
  const need = neededMb === null || neededMb <= limit
    ? `The model needs more than ${limit} MB`
    : `The model needs about ${Math.ceil(neededMb)} MB`;
  const toTry = memoryToTryMb(Math.max(neededMb ?? 0, limit * 1.25));
  return new ServescapeError(
    'out-of-memory',
    `${need} to start, and replica ${scene.replica} may use ${limit} MB: it was ended for memory (${evidence}).`,
    { hint: `Raise the lowest memory to ${toTry} MB.`, log: scene.log },
  );
}

export function outOfMemoryUnderLoad(scene: FailureScene, evidence: string): ServescapeError {
  const limit = scene.serving.memoryMb;
  return new ServescapeError(
    'out-of-memory',
    `Under this load replica ${scene.replica} needed more than its ${limit} MB: it was ended for memory (${evidence}).`,
    { hint: `Raise the lowest memory to ${memoryToTryMb(limit * 1.25)} MB, or send smaller batches.`, log: scene.log },
  );
}

/** What the replica did while it was waited for; nulls where nobody counted. */
export interface StartEffort {
  readonly waitedMs: number;
  readonly cpuMs: number | null;
  /** Processor time an earlier replica took to become ready. */
  readonly usualCpuMs: number | null;
}

/** From this share of the CPU limit on, the limit is what it was waiting for. */
const CPU_BOUND_SHARE = 0.75;
/** A start should fit the time-out with room to spare. */
const START_MARGIN = 1.3;

export function notReady(scene: FailureScene, effort: StartEffort): ServescapeError {
  const { cpuCores } = scene.serving;
  const happened = `Replica ${scene.replica} was not ready within ${inSeconds(effort.waitedMs)}.`;
  const usedCores = effort.cpuMs === null ? null : effort.cpuMs / effort.waitedMs;
  if (usedCores !== null && usedCores >= CPU_BOUND_SHARE * cpuCores && cpuCores < 1) {
    const why = `${cpuCores.toFixed(2)} cores are too few to load the model in that time.`;
    const hint = `Raise the lowest CPU to ${coresToTry(cpuCores, effort).toFixed(2)}.`;
    return new ServescapeError('not-ready', `${happened} ${why}`, { hint, log: scene.log });
  }
  const why = usedCores === null
    ? 'It did not say why.'
    : `It used ${usedCores.toFixed(2)} of its ${cpuCores.toFixed(2)} cores, so the CPU limit is not what held it up.`;
  const hint = 'Read the last log lines; if it was still loading, allow more time before giving up.';
  return new ServescapeError('not-ready', `${happened} ${why}`, { hint, log: scene.log });
}

/** Enough for a start as expensive as one that worked; half as much again when none has. In steps of 0.05. */
function coresToTry(cpuCores: number, { waitedMs, usualCpuMs }: StartEffort): number {
  const enough = usualCpuMs === null ? cpuCores * 1.5 : (usualCpuMs / waitedMs) * START_MARGIN;
  return Math.max(Math.ceil(enough * 20 - 1e-9) / 20, Math.floor(cpuCores * 20 + 1 + 1e-9) / 20);
}

function inSeconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}

export function exitedAtStart(scene: FailureScene, how: string): ServescapeError {
  const said = lastSentence(scene.log);
  return new ServescapeError(
    'exited-at-start',
    `Replica ${scene.replica} ended before it was ready: ${how}.${said === '' ? '' : ` Its last line: ${said}`}`,
    { hint: 'The log lines of the trial show why; the same configuration will fail again until that is mended.', log: scene.log },
  );
}

export function crashedUnderLoad(scene: FailureScene, how: string): ServescapeError {
  const said = lastSentence(scene.log);
  return new ServescapeError(
    'crashed-under-load',
    `Replica ${scene.replica} ended while it was answering requests: ${how}.${said === '' ? '' : ` Its last line: ${said}`}`,
    { hint: 'The log lines of the trial show what it was doing; the next trial starts fresh replicas.', log: scene.log },
  );
}

export function modelUnusable(scene: FailureScene, reason: string): ServescapeError {
  return new ServescapeError('model-unusable', `Replica ${scene.replica} could not load the model: ${reason}`, {
    hint: 'Check the files in the model folder.',
    log: scene.log,
  });
}

const SENTENCE_CHARS_MAX = 200;

function lastSentence(log: readonly string[]): string {
  const line = log.findLast((text) => text.trim() !== '')?.trim() ?? '';
  return line.length <= SENTENCE_CHARS_MAX ? line : `${line.slice(0, SENTENCE_CHARS_MAX)}…`;
}
