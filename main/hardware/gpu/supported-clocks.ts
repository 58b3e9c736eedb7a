import { ServescapeError } from '../../domain/errors.ts';
import type { GpuClockList } from '../../domain/gpu.ts';
import { csvNumber, csvRows } from './csv.ts';
import type { Card, ClockPair } from './cards.ts';
import { explainAnswer } from './exit-codes.ts';
import { runNvidiaSmi } from './nvidia-smi.ts';
import { parseSmiXml } from './xml.ts';

/** Longer than a sound driver needs; shorter than a user waits in front of a machine that hangs. */
const LIST_TIMEOUT_MS = 10_000;

/**
 * The clocks the driver lists for these cards. Only when the user has switched the parameter on: on an RTX 5070 Ti with
 * driver 610.43.02 the question itself hangs the machine. Throws `clock-refused`.
 */
export async function askSupportedClocks(program: string, cards: readonly Card[], timeoutMs = LIST_TIMEOUT_MS): Promise<GpuClockList> {
  const lists: { memoryMhz: number; graphicsMhz: readonly number[] }[] = [];
  for (const card of cards) lists.push(chooseMemory(card, await pairsOf(program, card, timeoutMs)));
  const first = lists[0];
  if (first === undefined) throw new ServescapeError('clock-refused', 'There is no NVIDIA GPU whose clock could be set.');
  const common = first.graphicsMhz.filter((mhz) => lists.every(({ graphicsMhz }) => graphicsMhz.includes(mhz)));
  if (common.length === 0) {
    throw new ServescapeError('clock-refused', 'The GPUs of this machine have no clock in common.', { hint: 'Let the study use one card, or cards of one kind.' });
  }
  const sameMemory = lists.every(({ memoryMhz }) => memoryMhz === first.memoryMhz);
  return {
    cards: cards.map(({ name }) => name), driver: cards[0]?.driver ?? '', memoryMhz: sameMemory ? first.memoryMhz : null,
    clocksMhz: common.toSorted((a, b) => a - b),
  };
}

async function pairsOf(program: string, card: Card, timeoutMs: number): Promise<readonly ClockPair[]> {
  const answer = await runNvidiaSmi(program, ['-i', card.busId, '--query-supported-clocks=memory,graphics', '--format=csv,noheader,nounits'], { timeoutMs });
  if (answer.kind === 'timed-out') {
    throw new ServescapeError('clock-refused', `The driver of ${card.name} did not list its clocks within ${answer.seconds} s.`, { hint: 'Leave the GPU clock out of the study; asking again may hang the machine.' });
  }
  const listed = answer.kind === 'done' && answer.exitCode === 0 ? parsePairs(answer.stdout) : [];
  if (listed.length > 0) return listed;
  // Old programs know the list only in their whole report.
  const fromReport = answer.kind === 'done' && answer.exitCode === 2 ? await pairsFromReport(program, card, timeoutMs) : [];
  if (fromReport.length > 0) return fromReport;
  const why = answer.kind === 'done' && answer.exitCode === 0 ? 'the driver lists none' : explainAnswer(answer);
  throw new ServescapeError('clock-refused', `The clocks of ${card.name} cannot be set: ${why}.`, {
    hint: /laptop|max-q|mobile/i.test(card.name) ? 'Most laptop cards keep their clock to themselves. Leave it out of the study.' : 'Leave the GPU clock out of the study.',
  });
}

async function pairsFromReport(program: string, card: Card, timeoutMs: number): Promise<readonly ClockPair[]> {
  const answer = await runNvidiaSmi(program, ['-i', card.busId, '-q', '-x'], { timeoutMs });
  return answer.kind === 'done' && answer.exitCode === 0 ? (parseSmiXml(answer.stdout).gpus[0]?.supportedClocks ?? []) : [];
}

/** Lines of "memory, graphics" in MHz; lines without two numbers are left out. */
export function parsePairs(csv: string): readonly ClockPair[] {
  return csvRows(csv, 2).flatMap(([memory, graphics]) => {
    const [memoryMhz, graphicsMhz] = [csvNumber(memory), csvNumber(graphics)];
    return memoryMhz === null || graphicsMhz === null ? [] : [{ memoryMhz, graphicsMhz }];
  });
}

/** The graphics clocks of the memory clock the card runs at by itself; without that, of its highest one. */
export function chooseMemory(card: Pick<Card, 'application' | 'defaultApplication'>, pairs: readonly ClockPair[]): { memoryMhz: number; graphicsMhz: readonly number[] } {
  const usual = (card.defaultApplication ?? card.application)?.memoryMhz;
  const memories = new Set(pairs.map(({ memoryMhz }) => memoryMhz));
  const memoryMhz = usual !== undefined && memories.has(usual) ? usual : Math.max(...memories);
  return { memoryMhz, graphicsMhz: [...new Set(pairs.filter((pair) => pair.memoryMhz === memoryMhz).map(({ graphicsMhz }) => graphicsMhz))] };
}
