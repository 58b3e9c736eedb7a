import { setTimeout as wait } from 'node:timers/promises';
import type { Replica } from './container.ts';
import { isEngineSilent } from './docker-errors.ts';
import { openEngine, type Engine } from './engine.ts';
import { findEngineAddress, type EngineAddress } from './engine-address.ts';
import { watchEngine, type ContainerEvent, type EngineEvents } from './engine-events.ts';
import { thisOwner, type Owner } from './labels.ts';

/** One backend's connection to its engine: opened when first needed, opened again after the engine went away. */
export interface EngineSession {
  /** @throws ServescapeError in words. An engine that was there before is waited for. */
  open(signal: AbortSignal): Promise<Engine>;
  current(): Engine | null;
  owner(): Promise<Owner>;
  /** From now on the replica hears what the engine says about it. */
  track(replica: Replica): void;
  onLost(listener: () => void): void;
  close(): void;
}

/** An engine that restarts is back within seconds. */
const RETURN_WAIT_MS = 20_000;
/** With live restore containers outlive the engine, so its silence is not their end. */
const SILENCE_MS = 5000;
const PAUSE_MS = 200;

export function createEngineSession(id: string, given?: EngineAddress): EngineSession {
  const lostListeners: (() => void)[] = [];
  const replicas = new Map<string, Replica>();
  /** What happened to containers before they were tracked: one without enough memory dies within milliseconds. */
  const early = new Map<string, ContainerEvent[]>();
  let owner: Promise<Owner> | null = null;
  let engine: Engine | null = null;
  let events: EngineEvents | null = null;
  let wasThere = false;
  let closed = false;

  const hear = (event: ContainerEvent): void => {
    const replica = replicas.get(event.id);
    if (replica === undefined) early.set(event.id, [...(early.get(event.id) ?? []), event]);
    replica?.hear(event);
    if (event.action !== 'destroy') return;
    replicas.delete(event.id);
    early.delete(event.id);
  };
  const listen = async (to: Engine): Promise<void> => {
    events = await watchEngine(to.docker, id, () => void onSilence(to));
    events.on(hear);
  };

  /** The engine stopped telling. Replicas that still run when it is back, or are still unknown to us, go on. */
  const onSilence = async (lost: Engine): Promise<void> => {
    events = null;
    const until = performance.now() + SILENCE_MS;
    while (!closed && performance.now() < until) {
      if (await answers(lost)) {
        const states = await Promise.all([...replicas.values()].map(async (replica) => ({ replica, state: await replica.state() })));
        states.filter(({ state }) => state.kind !== 'known' || !state.running).forEach(({ replica }) => replica.lose());
        const back = await listen(lost).then(() => true, () => false);
        if (back) return;
      }
      await wait(PAUSE_MS);
    }
    engine?.way.close();
    engine = null;
    replicas.forEach((replica) => replica.lose());
    lostListeners.forEach((listener) => listener());
  };

  const openOnce = async (): Promise<Engine> => {
    const opened = await openEngine(given ?? findEngineAddress());
    events?.close();
    engine?.way.close();
    await listen(opened);
    wasThere = true;
    return (engine = opened);
  };

  return {
    open: async (signal) => {
      if (engine !== null && events !== null) return engine;
      const until = performance.now() + (wasThere ? RETURN_WAIT_MS : 0);
      for (;;) {
        signal.throwIfAborted();
        try {
          return await openOnce();
        } catch (error) {
          const cause = (error as { cause?: unknown }).cause ?? error;
          if (!isEngineSilent(cause) || performance.now() >= until) throw error;
        }
        await wait(PAUSE_MS, undefined, { signal });
      }
    },
    current: () => engine,
    owner: () => (owner ??= thisOwner()),
    track: (replica) => {
      replicas.set(replica.id, replica);
      (early.get(replica.id) ?? []).forEach((event) => replica.hear(event));
      early.delete(replica.id);
    },
    onLost: (listener) => void lostListeners.push(listener),
    close: () => {
      closed = true;
      events?.close();
      engine?.way.close();
    },
  };
}

async function answers({ docker }: Engine): Promise<boolean> {
  return docker.ping().then(() => true, () => false);
}
