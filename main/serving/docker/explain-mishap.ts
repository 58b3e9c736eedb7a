import { setTimeout as wait } from 'node:timers/promises';
import { counted } from '../../domain/format.ts';
import { ServescapeError } from '../../domain/errors.ts';
import { crashedUnderLoad, exitedAtStart, outOfMemoryAtStart, outOfMemoryUnderLoad, type FailureScene } from '../failure-words.ts';
import type { ContainerState, Mishap, RunningReplica } from './container.ts';
import { engineLost } from './docker-errors.ts';
import { BYTES_PER_MB } from './engine.ts';

const KILLED = 137;
/** From this share of the limit on, a kill nobody asked for was for memory. */
const MEMORY_SHARE = 0.95;

/** Where a replica was when it ended. */
export interface MishapScene {
  /** Counts from 0. */
  readonly index: number;
  readonly atStart: boolean;
  /** What the model needs when nothing limits it, in MB; asked only for a memory kill at start. */
  readonly neededMb: () => Promise<number | null>;
}

/** Why a replica ended or stopped answering, in words, with its last log lines. */
export async function explainMishap(replica: RunningReplica, mishap: Mishap, { index, atStart, neededMb }: MishapScene): Promise<ServescapeError> {
  if (mishap.error !== undefined) return mishap.error;
  const state = await stateOfEnd(replica, atStart ? { ...mishap, exitCode: null } : mishap);
  if (mishap.kind === 'engine-lost' || state.kind === 'silent') return engineLost(atStart ? `start replica ${index + 1}` : `run replica ${index + 1}`);
  const log = await replica.log();
  const scene: FailureScene = { replica: index + 1, serving: replica.serving(), log };
  if (mishap.kind === 'paused') return paused(scene);
  const exitCode = mishap.exitCode ?? (state.kind === 'known' ? state.exitCode : null);
  const evidence = memoryEvidence(replica, state.kind === 'known' && state.oomKilled, exitCode);
  if (evidence.length > 0) {
    const words = `${evidence.join(' and ')}; exit code ${exitCode ?? 'unknown'}`;
    return atStart ? outOfMemoryAtStart(scene, await neededMb(), words) : outOfMemoryUnderLoad(scene, words);
  }
  const how = state.kind === 'removed' ? 'its container was removed by someone else' : describeExit(exitCode);
  return atStart ? exitedAtStart(scene, how) : crashedUnderLoad(scene, how);
}

/** Ended on request, by SIGTERM: that is how an engine that is being stopped ends its containers. */
const ENDED_ON_REQUEST = [0, 143];
const ENGINE_STOP_MS = 2500;
const PAUSE_MS = 100;

/** `silent` when the engine itself goes away right after its containers. */
async function stateOfEnd(replica: RunningReplica, { kind, exitCode }: Mishap): Promise<ContainerState> {
  const until = performance.now() + (kind === 'ended' && ENDED_ON_REQUEST.includes(exitCode ?? -1) ? ENGINE_STOP_MS : 0);
  for (;;) {
    const state = await replica.state();
    if (state.kind === 'silent' || performance.now() >= until) return state;
    await wait(PAUSE_MS);
  }
}

/**
 * The signals that say "out of memory". Exit code 137 only means "killed": alone it counts for nothing, beside a memory
 * reading just below the limit it does.
 */
function memoryEvidence(replica: RunningReplica, oomKilled: boolean, exitCode: number | null): readonly string[] {
  const limitBytes = replica.serving().memoryMb * BYTES_PER_MB;
  const used = replica.last()?.memoryBytes ?? 0;
  const kills = replica.memoryKills() ?? 0;
  const found = [
    oomKilled ? 'Docker says OOMKilled' : '',
    replica.sawOom() ? 'the engine sent an “oom” event' : '',
    kills > 0 ? `the kernel counted ${counted(kills, 'memory kill')}` : '',
  ].filter((text) => text !== '');
  if (found.length > 0 || exitCode !== KILLED || used < MEMORY_SHARE * limitBytes) return found;
  return [`it was killed with ${Math.round(used / BYTES_PER_MB)} MB in use`];
}

function paused(scene: FailureScene): ServescapeError {
  return new ServescapeError('replica-paused', `Replica ${scene.replica} was paused by someone else while it was answering requests.`, {
    hint: 'Leave containers whose names begin with servescape- alone while a study runs; the next trial starts fresh ones.', log: scene.log,
  });
}

function describeExit(code: number | null): string {
  if (code === KILLED) return 'it was killed (exit code 137), and not for memory';
  if (code !== null && code > 128) return `it was ended by signal ${code - 128} (exit code ${code})`;
  return `it left with exit code ${code ?? 'unknown'}`;
}
