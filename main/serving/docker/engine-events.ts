import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { GetEventsOptions } from 'dockerode';
import { SESSION_LABEL } from './labels.ts';
import { jsonLines } from './stats.ts';

export interface ContainerEvent {
  readonly id: string;
  readonly action: 'die' | 'oom' | 'pause' | 'unpause' | 'destroy';
  readonly exitCode: number | null;
}

export interface EngineEvents {
  /** Called for events of this session's containers; returns how to stop. */
  on(listener: (event: ContainerEvent) => void): () => void;
  close(): void;
}

const ACTIONS: readonly string[] = ['die', 'oom', 'pause', 'unpause', 'destroy'];

/**
 * What happens to this session's containers, as it happens. `onLost` is called once when the engine stops telling.
 * Every stream of the engine carries an error listener: one without would end the program.
 */
export async function watchEngine(docker: Docker, session: string, onLost: () => void): Promise<EngineEvents> {
  const filters = { type: ['container'], label: [`${SESSION_LABEL}=${session}`], event: [...ACTIONS] };
  const stream = (await docker.getEvents({ filters } as GetEventsOptions)) as unknown as Readable;
  const listeners = new Set<(event: ContainerEvent) => void>();
  let closed = false;
  const lost = (): void => {
    if (closed) return;
    closed = true;
    onLost();
  };
  stream.on('data', jsonLines((value) => {
    const event = readEvent(value);
    if (event !== null) for (const listener of listeners) listener(event);
  }));
  stream.on('error', lost).on('end', lost).on('close', lost);
  return {
    on: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => {
      closed = true;
      stream.destroy();
    },
  };
}

function readEvent(value: unknown): ContainerEvent | null {
  const { Action, Actor } = value as { Action?: string; Actor?: { ID?: string; Attributes?: Record<string, string> } };
  if (Action === undefined || Actor?.ID === undefined || !ACTIONS.includes(Action)) return null;
  const code = Actor.Attributes?.['exitCode'];
  return { id: Actor.ID, action: Action as ContainerEvent['action'], exitCode: code === undefined ? null : Number(code) };
}
