import { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { ReplicaStatus } from '../../study/ports.ts';
import { notReady, outOfMemoryAtStart } from '../failure-words.ts';
import { BYTES_PER_MB } from './control-group.ts';
import type { ReadySlot, Slot } from './local-deployment.ts';
import { memoryEvidence } from './memory-evidence.ts';

/** What a start of this model cost when nothing held it up; learnt from replicas that became ready. */
export interface StartCosts {
  memoryMb: number | null;
  cpuMs: number | null;
}

export interface StartOptions {
  readonly readyTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly onReplica: (status: ReplicaStatus) => void;
  readonly costs: StartCosts;
  /** Starts one replica without limits and says what it needed; null when that failed too. */
  readonly probeMemoryMb: () => Promise<number | null>;
}

/** Waits until every slot answers. Rejects with the first failure in words, or the signal's reason. */
export function whenAllReady(slots: readonly Slot[], options: StartOptions): Promise<readonly ReadySlot[]> {
  return Promise.all(slots.map((slot) => whenReady(slot, options)));
}

async function whenReady(slot: Slot, options: StartOptions): Promise<ReadySlot> {
  const { replica, index } = slot;
  const { signal, readyTimeoutMs, costs } = options;
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  try {
    const endpoint = await replica.whenReady(AbortSignal.any([signal, timeout]));
    const { memoryBytes, cpuMs } = await replica.read();
    costs.memoryMb ??= memoryBytes === null ? null : memoryBytes / BYTES_PER_MB;
    costs.cpuMs ??= cpuMs;
    options.onReplica({ index, state: 'ready' });
    return { ...slot, endpoint };
  } catch (error) {
    signal.throwIfAborted();
    options.onReplica({ index, state: 'gone' });
    if (!timeout.aborted || replica.exit !== null) throw await explainExit(slot, error, options);
    const { cpuMs } = await replica.read();
    throw notReady(sceneOf(slot), { waitedMs: readyTimeoutMs, cpuMs, usualCpuMs: costs.cpuMs });
  }
}

async function explainExit(slot: Slot, error: unknown, { costs, probeMemoryMb }: StartOptions): Promise<unknown> {
  if (!(error instanceof ServescapeError) || error.code !== 'exited-at-start') return error;
  const evidence = await memoryEvidence(slot.replica);
  if (evidence === null) return error;
  costs.memoryMb ??= await probeMemoryMb();
  return outOfMemoryAtStart(sceneOf(slot), costs.memoryMb, evidence);
}

function sceneOf({ index, serving, replica }: Slot): { replica: number; serving: ServingConfiguration; log: readonly string[] } {
  return { replica: index + 1, serving, log: replica.log() };
}
