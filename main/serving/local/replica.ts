import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { Endpoint } from '../../study/ports.ts';
import { exitedAtStart, modelUnusable } from '../failure-words.ts';
import { createLogTail } from '../log-tail.ts';
import { readModelState } from '../server-pages.ts';
import type { ControlGroup, ResourceReading } from './control-group.ts';
import { removeGroupWhenEmpty } from './group-files.ts';
import { readProcess } from './process-facts.ts';

export interface ReplicaPlan {
  /** Counts from 0. */
  readonly index: number;
  readonly nodePath: string;
  /** Server file first, then flags. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly modelName: string;
  readonly serving: ServingConfiguration;
  /** Null when the kernel holds no limits here. */
  readonly group: ControlGroup | null;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** When the program could not even be started. */
  readonly error: Error | null;
}

/** One model server as a child process. */
export interface Replica {
  readonly plan: ReplicaPlan;
  readonly pid: number | null;
  readonly exit: Exit | null;
  /** Resolves when the process is gone and everything it printed has been read. */
  readonly ended: Promise<Exit>;
  readonly log: () => readonly string[];
  /** Rejects with the signal's reason, or as soon as the process ends or says that its model is unusable. */
  whenReady(signal: AbortSignal): Promise<Endpoint>;
  read(): Promise<ResourceReading>;
  /** Asks it to leave by itself; it has ended when this resolves, by force if it would not go. Never throws. */
  leave(): Promise<void>;
  /** Ends it at once and removes its control group. Never throws. */
  end(): Promise<void>;
}

const ANNOUNCEMENT = /Exporting HTTP\/REST API at:.*?:(\d+)\b/;
const POLL_MS = 20;
const LEAVE_WAIT_MS = 3000;

/**
 * Starts the server. Its own session keeps a Ctrl-C in the terminal ours to handle; its standard input is a pipe that
 * closes when we die, however we die, and then the server leaves by itself.
 */
export function startReplica(plan: ReplicaPlan): Replica {
  const child = spawn(plan.nodePath, [...plan.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...plan.environment },
    detached: process.platform !== 'win32',
    windowsHide: true,
    shell: false,
  });
  child.stdin.on('error', () => undefined);
  const log = createLogTail();
  const announced = Promise.withResolvers<number>();
  const watch = (line: string): void => {
    const match = ANNOUNCEMENT.exec(line);
    if (match !== null) announced.resolve(Number(match[1]));
  };
  log.follow(child.stdout, watch);
  log.follow(child.stderr, watch);
  const groupError = joinGroup(plan.group, child);

  let exit: Exit | null = null;
  const gone = new AbortController();
  const ended = untilGone(child, groupError).then((how) => {
    exit = how;
    gone.abort();
    return how;
  });

  const replica: Replica = {
    plan,
    pid: child.pid ?? null,
    get exit() {
      return exit;
    },
    ended,
    log: log.lines,
    whenReady: async (signal) => {
      const either = AbortSignal.any([signal, gone.signal]);
      try {
        const endpoint = { host: '127.0.0.1', port: await abortable(announced.promise, either) };
        await untilAvailable(replica, endpoint, either);
        return endpoint;
      } catch (error) {
        if (error instanceof ServescapeError) throw error;
        signal.throwIfAborted();
        if (exit !== null) throw exitedAtStart(replicaScene(replica), describeExit(exit));
        throw error;
      }
    },
    read: async () => {
      const counted = plan.group?.read() ?? null;
      if (counted !== null && counted.cpuMs !== null && counted.memoryBytes !== null) return counted;
      const own = child.pid === undefined || exit !== null ? null : await readProcess(child.pid);
      return {
        cpuMs: counted?.cpuMs ?? own?.cpuMs ?? null,
        memoryBytes: counted?.memoryBytes ?? own?.memoryBytes ?? null,
        periods: counted?.periods ?? null,
        throttledPeriods: counted?.throttledPeriods ?? null,
        memoryKills: counted?.memoryKills ?? null,
      };
    },
    leave: async () => {
      child.stdin.end();
      await Promise.race([ended, wait(LEAVE_WAIT_MS)]);
      await replica.end();
    },
    end: async () => {
      if (exit === null) child.kill('SIGKILL');
      await ended;
      // What stays is swept at the next start.
      if (plan.group !== null) await removeGroupWhenEmpty(plan.group.remove);
    },
  };
  return replica;
}

export function replicaScene(replica: Replica): { replica: number; serving: ServingConfiguration; log: readonly string[] } {
  return { replica: replica.plan.index + 1, serving: replica.plan.serving, log: replica.log() };
}

export function describeExit({ code, signal, error }: Exit): string {
  if (error !== null) return `it could not be started (${error.message})`;
  if (signal !== null) return `it was ended by ${signal}`;
  return `it left with exit code ${code ?? 'unknown'}`;
}

/** A process that cannot be held to its limits must not run. */
function joinGroup(group: ControlGroup | null, child: ChildProcess): Error | null {
  if (group === null || child.pid === undefined) return null;
  try {
    group.add(child.pid);
    return null;
  } catch (error) {
    child.kill('SIGKILL');
    return new Error(`the kernel refused its control group: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function untilGone(child: ChildProcess, groupError: Error | null): Promise<Exit> {
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, error: groupError };
  } catch (error) {
    return { code: null, signal: null, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

async function untilAvailable(replica: Replica, endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  for (;;) {
    const state = await readModelState(endpoint, replica.plan.modelName, signal);
    if (state.kind === 'available') return;
    if (state.kind === 'unusable') throw modelUnusable(replicaScene(replica), state.reason);
    await wait(POLL_MS, undefined, { signal });
  }
}

function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new DOMException('Stopped', 'AbortError'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    void promise.then((value) => {
      signal.removeEventListener('abort', stop);
      resolve(value);
    });
  });
}
