import { setTimeout as wait } from 'node:timers/promises';
import { ServescapeError } from '../../domain/errors.ts';
import type { ReplicaStatus, ServingBackend } from '../../study/ports.ts';
import { modelUnusable, notReady } from '../failure-words.ts';
import { answersGrpc } from '../grpc-ready.ts';
import { readModelState } from '../server-pages.ts';
import { startContainer, type Replica, type RunningReplica } from './container.ts';
import type { ContainerPlan } from './container-plan.ts';
import { BYTES_PER_MB, type Engine } from './engine.ts';
import { explainMishap } from './explain-mishap.ts';

/** What a start of this model cost when nothing held it up; learnt from replicas that became ready. */
export interface StartCosts {
  memoryMb: number | null;
  cpuMs: number | null;
}

export interface ReadyOptions {
  readonly model: { readonly workload: string; readonly transport: string };
  readonly readyTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly onReplica: (status: ReplicaStatus) => void;
  readonly costs: StartCosts;
  readonly neededMb: () => Promise<number | null>;
}

const POLL_MS = 20;
/** Events say it sooner; this is for engines that do not send them. */
const STATE_CHECK_MS = 1000;

/** Waits until every replica answers. Rejects with the first failure in words, or the signal's reason. */
export function whenAllReady(replicas: readonly RunningReplica[], options: ReadyOptions): Promise<unknown> {
  return Promise.all(replicas.map((replica, index) => whenReady(replica, index, options)));
}

async function whenReady(replica: RunningReplica, index: number, options: ReadyOptions): Promise<void> {
  const { signal, readyTimeoutMs, costs, onReplica } = options;
  const begunMs = performance.now();
  const before = replica.last()?.cpuMs ?? 0;
  try {
    const over = new AbortController();
    void replica.whenMishap().then(() => over.abort());
    const timeout = AbortSignal.timeout(readyTimeoutMs);
    const either = AbortSignal.any([signal, timeout, over.signal]);
    const reason = await untilAvailable(replica, options.model, either);
    if (reason !== null) throw modelUnusable({ replica: index + 1, serving: replica.serving(), log: await replica.log() }, reason);
    signal.throwIfAborted();
    const mishap = replica.mishap();
    if (mishap !== null) throw await explainMishap(replica, mishap, { index, atStart: true, neededMb: options.neededMb });
    const waitedMs = performance.now() - begunMs;
    const reading = await replica.read();
    const cpuMs = reading?.cpuMs ?? null;
    if (timeout.aborted) {
      const scene = { replica: index + 1, serving: replica.serving(), log: await replica.log() };
      throw notReady(scene, { waitedMs, cpuMs: cpuMs === null ? null : cpuMs - before, usualCpuMs: costs.cpuMs });
    }
    costs.memoryMb ??= reading?.memoryBytes == null ? null : reading.memoryBytes / BYTES_PER_MB;
    costs.cpuMs ??= cpuMs;
    onReplica({ index, state: 'ready' });
  } catch (error) {
    signal.throwIfAborted();
    onReplica({ index, state: 'gone' });
    throw error;
  }
}

/** Null when it is available or the wait was cut short; otherwise why the model cannot be used. */
async function untilAvailable(replica: RunningReplica, { workload, transport }: ReadyOptions['model'], signal: AbortSignal): Promise<string | null> {
  let checkAt = performance.now() + STATE_CHECK_MS;
  while (!signal.aborted) {
    try {
      const state = await readModelState(replica.endpoint(), workload, signal);
      if (state.kind === 'available' && (transport !== 'grpc' || (await answersGrpc(replica.endpoint(), workload, signal)))) return null;
      if (state.kind === 'unusable') return state.reason;
      if (performance.now() > checkAt) {
        checkAt = performance.now() + STATE_CHECK_MS;
        const seen = await replica.state();
        if (seen.kind === 'known' && !seen.running) replica.hear({ id: replica.id, action: 'die', exitCode: seen.exitCode });
      }
      await wait(POLL_MS, undefined, { signal });
    } catch {
      return null;
    }
  }
  return null;
}

/** Starts one replica with as much memory as the engine has, and says in MB what it took to be ready; null when that fails too. */
export async function learnMemory(
  engine: Engine, name: string, plan: ContainerPlan, request: Parameters<ServingBackend['deploy']>[0],
  track: (replica: Replica) => void, signal: AbortSignal,
): Promise<number | null> {
  let probe: Replica | null = null;
  try {
    const serving = { ...request.serving, cpuCores: engine.facts.cores, memoryMb: Math.floor(engine.facts.memoryMb / 2) };
    probe = await startContainer(engine, name, plan, serving, '');
    track(probe);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(request.readyTimeoutMs)]);
    if ((await untilAvailable(probe, request.model, limit)) !== null || limit.aborted) return null;
    const bytes = (await probe.read())?.memoryBytes ?? null;
    return bytes === null ? null : bytes / BYTES_PER_MB;
  } catch (error) {
    if (error instanceof ServescapeError && error.code === 'aborted') throw error;
    return null;
  } finally {
    await probe?.end();
  }
}
