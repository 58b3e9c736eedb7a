import { ServescapeError } from '../../domain/errors.ts';
import { csvNumber, csvRows, csvText, unknownField } from './csv.ts';
import { explainAnswer } from './exit-codes.ts';
import { runNvidiaSmi } from './nvidia-smi.ts';

/** One NVIDIA GPU as the harmless query tells it. Clocks in MHz. */
export interface Card {
  readonly index: number;
  readonly name: string;
  /** Names the card to nvidia-smi; stays when cards are numbered anew. */
  readonly busId: string;
  readonly driver: string;
  readonly mig: boolean;
  readonly smClockMhz: number | null;
  readonly maxSmClockMhz: number | null;
  /** What programs run at by default or by an earlier `-ac`; null where the card has no application clocks. */
  readonly application: ClockPair | null;
  readonly defaultApplication: ClockPair | null;
  readonly powerW: number | null;
  readonly temperatureC: number | null;
}

export interface ClockPair {
  readonly memoryMhz: number;
  readonly graphicsMhz: number;
}

const FIELDS = [
  'index', 'name', 'pci.bus_id', 'driver_version', 'mig.mode.current', 'clocks.sm', 'clocks.max.sm',
  'clocks.applications.memory', 'clocks.applications.graphics', 'clocks.default_applications.memory', 'clocks.default_applications.graphics',
  'power.draw', 'temperature.gpu',
] as const;
type Field = (typeof FIELDS)[number];

/** Every NVIDIA GPU of this machine; empty without one. Throws `gpu-unavailable` when the driver does not answer. */
export async function listCards(program: string, busId?: string): Promise<readonly Card[]> {
  const which = busId === undefined ? [] : ['-i', busId];
  let fields: readonly Field[] = FIELDS;
  for (;;) {
    const answer = await runNvidiaSmi(program, [...which, `--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits']);
    if (answer.kind === 'absent') return [];
    if (answer.kind === 'done' && answer.exitCode === 0) return parseCards(answer.stdout, fields);
    // Drivers differ in what they can be asked: ask again without the field this one does not know.
    const unknown = answer.kind === 'done' ? unknownField(answer.text) : null;
    const fewer = fields.filter((field) => field !== unknown);
    if (fewer.length < fields.length) fields = fewer;
    else if (answer.kind === 'done' && /no devices were found/i.test(answer.text)) return [];
    else throw new ServescapeError('gpu-unavailable', `The GPU cannot be asked: ${explainAnswer(answer)}.`, { hint: 'Run nvidia-smi in a terminal to see whether the driver works.' });
  }
}

export function parseCards(csv: string, fields: readonly Field[] = FIELDS): readonly Card[] {
  if (/no devices were found/i.test(csv)) return [];
  return csvRows(csv, fields.length, fields.indexOf('name')).flatMap((row) => {
    const at = (field: Field): string | undefined => row[fields.indexOf(field)];
    const index = csvNumber(at('index'));
    const busId = csvText(at('pci.bus_id'));
    if (index === null || busId === null) return [];
    return [{
      index, busId, name: csvText(at('name')) ?? 'NVIDIA GPU', driver: csvText(at('driver_version')) ?? '',
      mig: /^enabled$/i.test(at('mig.mode.current') ?? ''),
      smClockMhz: csvNumber(at('clocks.sm')), maxSmClockMhz: csvNumber(at('clocks.max.sm')),
      application: pair(csvNumber(at('clocks.applications.memory')), csvNumber(at('clocks.applications.graphics'))),
      defaultApplication: pair(csvNumber(at('clocks.default_applications.memory')), csvNumber(at('clocks.default_applications.graphics'))),
      powerW: csvNumber(at('power.draw')), temperatureC: csvNumber(at('temperature.gpu')),
    }];
  });
}

function pair(memoryMhz: number | null, graphicsMhz: number | null): ClockPair | null {
  return memoryMhz === null || graphicsMhz === null ? null : { memoryMhz, graphicsMhz };
}
