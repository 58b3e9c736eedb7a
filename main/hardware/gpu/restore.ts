import { listCards, type ClockPair } from './cards.ts';
import { resetArguments, type ClockCaller } from './clock-calls.ts';
import type { ClockAttempt, ClockMarker } from './clock-marker.ts';
import type { ClockOutcome } from './refusals.ts';

/** Undoes every attempt the marker names and looks whether it worked; what could not be undone, in words. Never throws. */
export async function undoAttempts(marker: ClockMarker, caller: ClockCaller, program: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const card of marker.cards) {
    const attempts = marker.attempts.filter(({ busId }) => busId === card.busId);
    for (const method of ['locked', 'application'] as const) {
      const mine = attempts.filter((attempt) => attempt.method === method);
      if (mine.length === 0) continue;
      const args = resetArguments(card.busId, method, card.before, card.usual);
      const outcome = await resetOnce(args, caller);
      if (isUndone(outcome, mine, marker) || (method === 'application' && (await isAsBefore(card, program)))) continue;
      problems.push(`The clock of GPU ${card.index} (${card.name}) could not be given back: ${outcomeWords(outcome)}. By hand: sudo nvidia-smi ${args.join(' ')}`);
    }
    const left = attempts.length > 0 && problems.length === 0 ? await stillChanged(card, program) : null;
    if (left !== null) problems.push(left);
  }
  return problems;
}

async function resetOnce(args: readonly string[], caller: ClockCaller): Promise<ClockOutcome> {
  const direct = await caller.call(args, false);
  return direct.kind === 'permission' && caller.mayElevate ? caller.call(args, true) : direct;
}

/**
 * A card that knows no such clock cannot have been changed that way. Neither can one by a user who may not: the same user
 * that is refused now was refused then, unless the call is known to have succeeded or went through the administrator.
 */
function isUndone(outcome: ClockOutcome, attempts: readonly ClockAttempt[], marker: ClockMarker): boolean {
  switch (outcome.kind) {
    case 'done':
      return true;
    case 'unsupported':
    case 'deprecated':
    case 'absent':
      return attempts.every(({ state }) => state === 'trying');
    case 'permission':
      return marker.uid === (process.getuid?.() ?? null) && attempts.every(({ state, asRoot }) => state === 'trying' && !asRoot);
    default:
      return false;
  }
}

/** Whatever the reset said: an application clock that reads as before was not changed, or is undone. */
async function isAsBefore(card: ClockMarker['cards'][number], program: string): Promise<boolean> {
  const now = await applicationClock(card, program);
  return now !== null && card.before !== null && now.graphicsMhz === card.before.graphicsMhz && now.memoryMhz === card.before.memoryMhz;
}

async function applicationClock({ busId }: ClockMarker['cards'][number], program: string): Promise<ClockPair | null> {
  return listCards(program, busId).then((cards) => cards[0]?.application ?? null).catch(() => null);
}

/** Application clocks can be read back; a lock cannot, there the driver's word must do. */
async function stillChanged(card: ClockMarker['cards'][number], program: string): Promise<string | null> {
  const now = await applicationClock(card, program);
  if (now === null || card.before === null || now.graphicsMhz === card.before.graphicsMhz) return null;
  return `GPU ${card.index} (${card.name}) still runs at ${now.graphicsMhz} MHz instead of ${card.before.graphicsMhz} MHz. By hand: sudo nvidia-smi -i ${card.busId} -rac`;
}

export function outcomeWords(outcome: ClockOutcome): string {
  switch (outcome.kind) {
    case 'permission':
      return 'it needs administrator rights';
    case 'timed-out':
      return 'nvidia-smi did not answer in time';
    case 'unsupported':
      return 'the card does not support it';
    case 'deprecated':
      return 'the driver has given this call up';
    case 'illegal':
      return 'the driver does not accept this clock';
    case 'absent':
      return 'nvidia-smi is gone';
    case 'other':
      return outcome.said;
    case 'done':
      return 'done';
  }
}
