import type { ClockSetting } from '../../domain/gpu.ts';
import { ServescapeError } from '../../domain/errors.ts';
import { listCards, type Card } from './cards.ts';
import { setArguments, type ClockCaller, type ClockMethod } from './clock-calls.ts';
import type { ClockAttempt } from './clock-marker.ts';
import type { ClockOutcome } from './refusals.ts';
import { outcomeWords } from './restore.ts';
import { permissionHint, type Surroundings } from './surroundings.ts';

export interface SetRequest {
  readonly card: Card;
  readonly clockMhz: number;
  readonly memoryMhz: number | null;
  readonly caller: ClockCaller;
  readonly program: string;
  readonly where: () => Surroundings;
  /** Notes an attempt on the disk before it is made, again once it has succeeded; null takes back one that was refused. */
  readonly note: (attempt: ClockAttempt, outcome: 'trying' | 'set' | 'refused') => void;
}

/** Application clock first, lock second; each as this user, then as administrator. Throws `clock-refused` with the reason. */
export async function setCardClock(request: SetRequest): Promise<ClockSetting> {
  const { card, clockMhz, memoryMhz } = request;
  const methods: readonly ClockMethod[] = memoryMhz === null ? ['locked'] : ['application', 'locked'];
  let last: ClockOutcome = { kind: 'unsupported' };
  for (const method of methods) {
    last = await attempt(request, method);
    if (last.kind === 'done') {
      const observedMhz = await readBack(request, method);
      const kept = method === 'locked' || observedMhz === null || observedMhz === clockMhz;
      if (kept) return { requestedMhz: clockMhz, observedMhz, method };
      last = { kind: 'other', said: `the card reports ${observedMhz} MHz` };
      continue;
    }
    if (last.kind !== 'unsupported' && last.kind !== 'deprecated') break;
  }
  throw refusal(card, clockMhz, last, request.where());
}

async function attempt({ card, clockMhz, memoryMhz, caller, note }: SetRequest, method: ClockMethod): Promise<ClockOutcome> {
  const args = setArguments(card.busId, method, memoryMhz, clockMhz);
  for (const asRoot of caller.mayElevate ? [false, true] : [false]) {
    const tried: ClockAttempt = { busId: card.busId, method, asRoot, state: 'trying' };
    note(tried, 'trying');
    const outcome = await caller.call(args, asRoot);
    if (outcome.kind === 'done') note(tried, 'set');
    else if (outcome.kind !== 'timed-out' && outcome.kind !== 'other') note(tried, 'refused');
    if (outcome.kind !== 'permission' || asRoot || !caller.mayElevate) return outcome;
  }
  return { kind: 'permission' };
}

async function readBack({ card, program }: SetRequest, method: ClockMethod): Promise<number | null> {
  const now = await listCards(program, card.busId).then((cards) => cards[0] ?? null).catch(() => null);
  return (method === 'application' ? now?.application?.graphicsMhz : now?.smClockMhz) ?? null;
}

function refusal(card: Card, clockMhz: number, outcome: ClockOutcome, where: Surroundings): ServescapeError {
  const name = `GPU ${card.index} (${card.name})`;
  const without = 'Leave the GPU clock out of the study.';
  switch (outcome.kind) {
    case 'permission':
      return new ServescapeError('clock-refused', `Setting the clock of ${name} needs administrator rights.`, { hint: permissionHint(where) });
    case 'unsupported':
    case 'deprecated': {
      const laptop = /laptop|max-q|mobile/i.test(card.name) ? ' Most laptop cards keep their clock to themselves.' : '';
      return new ServescapeError('clock-refused', `${name} does not let its clock be set.${laptop}`, { hint: without });
    }
    case 'illegal':
      return new ServescapeError('clock-refused', `${name} does not accept ${clockMhz} MHz.`, { hint: 'Search only clocks the card lists; “clocks show --supported” names them.' });
    default:
      return new ServescapeError('clock-refused', `The clock of ${name} could not be set: ${outcomeWords(outcome)}.`, { hint: without });
  }
}
