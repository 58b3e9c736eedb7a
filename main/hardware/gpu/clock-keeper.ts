import { uptime } from 'node:os';
import { counted } from '../../domain/format.ts';
import { ServescapeError } from '../../domain/errors.ts';
import type { ClockSetting } from '../../domain/gpu.ts';
import { identifyProcess } from '../../serving/process-identity.ts';
import type { GpuClocks } from '../../study/ports.ts';
import { listCards, type Card } from './cards.ts';
import { createClockCaller } from './clock-calls.ts';
import { createMarker, readMarker, removeMarker, updateMarker, type ClockAttempt, type ClockMarker } from './clock-marker.ts';
import { awaitOrphanedCalls } from './orphaned-calls.ts';
import { undoAttempts } from './restore.ts';
import { setCardClock } from './set-clock.ts';
import { askSupportedClocks } from './supported-clocks.ts';
import { readSurroundings } from './surroundings.ts';

/** The wall clock may have been put right since. */
const CLOCK_SLACK_MS = 120_000;

export interface ClockKeeperOptions {
  /** Where the marker lies: the app's data folder. */
  readonly folder: string;
  readonly program?: string;
  /** Time-out of one call that sets or resets; also how long a call of a killed app may still be under way. */
  readonly callTimeoutMs?: number;
  /** Whether `sudo -n` may be tried after a refusal; by default on Linux when this is not the administrator. */
  readonly mayElevate?: boolean;
}

export interface ClockKeeper {
  /** The clocks of the cards with these indices, or of all. One study at a time can hold them. */
  clocksFor(indices: readonly number[] | null): GpuClocks;
  /** Gives back what a killed app left changed. One sentence each for what was done or could not be. */
  recover(): Promise<readonly string[]>;
  /** "Restore clocks now": what we changed; with `everything` every card, whoever changed it. */
  restoreNow(everything: boolean): Promise<readonly string[]>;
}

/** The only one who changes GPU clocks in this app. What is changed is on the disk before it is changed. */
export function createClockKeeper({ folder, program = 'nvidia-smi', callTimeoutMs, mayElevate }: ClockKeeperOptions): ClockKeeper {
  const caller = createClockCaller(program, callTimeoutMs, mayElevate);
  const waitMs = callTimeoutMs ?? 10_000;
  let holder: symbol | null = null;
  let held: ClockMarker | null = null;

  const note = (attempt: ClockAttempt, outcome: 'trying' | 'set' | 'refused'): void => {
    const others = held!.attempts.filter((other) => !isSame(other, attempt) || other.state === 'set');
    // What has once succeeded stays noted: a later refusal does not undo it.
    const known = held!.attempts.some((other) => isSame(other, attempt) && other.state === 'set');
    if (known) return;
    const attempts = outcome === 'refused' ? others : [...others, { ...attempt, state: outcome }];
    held = { ...held!, attempts };
    updateMarker(folder, held);
  };

  const take = async (cards: readonly Card[]): Promise<void> => {
    const marker = await freshMarker(cards);
    if (held !== null) {
      // An earlier trial's clock could not be given back; its marker goes on and takes the new cards in.
      const known = new Set(held.cards.map(({ busId }) => busId));
      held = { ...held, cards: [...held.cards, ...marker.cards.filter(({ busId }) => !known.has(busId))] };
      return;
    }
    for (const tries of [1, 2]) {
      if (placed(folder, marker)) {
        held = marker;
        return;
      }
      if (tries === 1) await recover();
    }
    throw new ServescapeError('clock-refused', 'Another Servescape on this machine is using the GPU clock, or could not give it back.', {
      hint: 'End its study, or restore the clocks with the command “Restore clocks now”.',
    });
  };

  const giveBack = async (marker: ClockMarker): Promise<readonly string[]> => {
    const problems = await undoAttempts(marker, caller, program);
    if (problems.length === 0) removeMarker(folder);
    return problems;
  };

  const recover = (): Promise<readonly string[]> =>
    giveBackOrphaned().catch((error: unknown) => [`Whether a GPU clock could not be given back is unknown: ${error instanceof Error ? error.message : String(error)}`]);

  const giveBackOrphaned = async (): Promise<readonly string[]> => {
    const found = readMarker(folder);
    if (found.kind === 'none' || held !== null) return [];
    const marker = found.kind === 'marker' ? found.marker : await markerOfEverything();
    if (found.kind === 'marker' && (await isAlive(marker))) return [];
    if (found.kind === 'marker' && isBeforeStart(marker.at)) {
      // No clock setting outlives a restart of the machine.
      removeMarker(folder);
      return [];
    }
    await awaitOrphanedCalls(marker.cards.map(({ busId }) => busId), marker.at, waitMs);
    const problems = await giveBack(marker);
    if (problems.length > 0) return problems;
    if (marker.attempts.length === 0) return [];
    const names = marker.cards.map(({ index, name }) => `GPU ${index} (${name})`).join(', ');
    return [`The app was closed while a study had set the clock of ${names}; the clock was given back.`];
  };

  /** Every card, both methods, nothing known to have succeeded. */
  const markerOfEverything = async (): Promise<ClockMarker> => {
    const marker = await freshMarker(await listCards(program).catch(() => []));
    const attempts = marker.cards.flatMap(({ busId }) => (['application', 'locked'] as const).map((method) => ({ busId, method, asRoot: false, state: 'trying' as const })));
    // Whatever the application clock is now, the driver's own is what to go back to.
    return { ...marker, attempts, cards: marker.cards.map((card) => ({ ...card, before: card.usual })) };
  };

  const clocksFor = (indices: readonly number[] | null): GpuClocks => {
    const me = Symbol('study');
    let cards: Promise<readonly Card[]> | null = null;
    const chosen = (): Promise<readonly Card[]> =>
      (cards ??= listCards(program).then((all) => refuseUnusable(indices === null ? all : all.filter(({ index }) => indices.includes(index)))));
    return {
      supported: async () => askSupportedClocks(program, await chosen()),
      set: async (clockMhz, memoryMhz) => {
        if (holder !== null && holder !== me) throw new ServescapeError('clock-refused', 'Another study is using the GPU clock.', { hint: 'Wait until it has ended, or stop it.' });
        holder = me;
        const mine = await chosen();
        await take(mine);
        const settings: ClockSetting[] = [];
        for (const card of mine) {
          settings.push(await setCardClock({ card, clockMhz, memoryMhz, caller, program, where: () => readSurroundings(program), note }));
        }
        return settings.reduce((worst, one) => (distance(one) > distance(worst) ? one : worst));
      },
      restore: async () => {
        if (holder !== me) return [];
        const problems = held === null ? [] : await giveBack(held).catch((error: unknown) => [`The GPU clock could not be given back: ${String(error)}`]);
        if (problems.length === 0) held = null;
        holder = null;
        return problems;
      },
    };
  };

  return {
    clocksFor, recover,
    restoreNow: async (everything) => {
      if (everything) {
        const marker = await markerOfEverything();
        const problems = await undoAttempts(marker, caller, program);
        if (problems.length > 0) return problems;
        if (holder === null && !(await heldElsewhere())) removeMarker(folder);
        return marker.cards.length === 0 ? ['There is no NVIDIA GPU here.'] : [`All GPU clocks are the driver’s own again (${counted(marker.cards.length, 'card')}).`];
      }
      if (held !== null) {
        const problems = await undoAttempts(held, caller, program);
        if (problems.length === 0 && holder === null) {
          removeMarker(folder);
          held = null;
        }
        return problems.length > 0 ? problems : ['The GPU clock was given back. A running trial will say that its clock moved.'];
      }
      const done = await recover();
      if (done.length > 0) return done;
      return [(await heldElsewhere()) ? 'Another Servescape on this machine is using the GPU clock; it gives it back when its trial ends.' : 'Servescape has not changed any GPU clock.'];
    },
  };

  async function heldElsewhere(): Promise<boolean> {
    const found = readMarker(folder);
    return found.kind === 'marker' && (await isAlive(found.marker));
  }
}

async function freshMarker(cards: readonly Card[]): Promise<ClockMarker> {
  return {
    version: 1, pid: process.pid, processStartedAt: (await identifyProcess(process.pid))?.startedAt ?? null, uid: process.getuid?.() ?? null,
    at: new Date().toISOString(), attempts: [],
    cards: cards.map(({ busId, index, name, application, defaultApplication }) => ({ busId, index, name, before: application, usual: defaultApplication })),
  };
}

function placed(folder: string, marker: ClockMarker): boolean {
  try {
    return createMarker(folder, marker);
  } catch (error) {
    throw new ServescapeError('clock-refused', `The change of the GPU clock cannot be noted in ${folder}, so it is not made.`, {
      hint: 'Make the folder writable: without the note a crash would leave the clock changed.', cause: error,
    });
  }
}

function isBeforeStart(at: string): boolean {
  const startedMs = Date.now() - uptime() * 1000;
  return Date.parse(at) < startedMs - CLOCK_SLACK_MS;
}

/** Only a process that still runs, and is the one that wrote the marker, still needs its clocks. */
async function isAlive({ pid, processStartedAt }: ClockMarker): Promise<boolean> {
  if (pid === process.pid && processStartedAt === null) return false;
  const identity = await identifyProcess(pid);
  if (identity !== null) return identity.startedAt === processStartedAt;
  if (process.platform !== 'win32') return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function refuseUnusable(cards: readonly Card[]): readonly Card[] {
  if (cards.length === 0) throw new ServescapeError('clock-refused', 'No NVIDIA GPU was found on this machine, so its clock cannot be set.', { hint: 'Leave the GPU clock out of the study.' });
  const divided = cards.find(({ mig }) => mig);
  if (!divided) return cards;
  throw new ServescapeError('clock-refused', `GPU ${divided.index} (${divided.name}) is divided into instances (MIG), and its clock belongs to all of them.`, {
    hint: `An administrator can end that with: sudo nvidia-smi -i ${divided.index} -mig 0`,
  });
}

function isSame(a: ClockAttempt, b: ClockAttempt): boolean {
  return a.busId === b.busId && a.method === b.method && a.asRoot === b.asRoot;
}

function distance({ requestedMhz, observedMhz }: ClockSetting): number {
  return observedMhz === null ? 0 : Math.abs(observedMhz - requestedMhz);
}
