import type { GpuCardInfo } from '../../contract/values.ts';
import type { Command } from '../cli.ts';
import { oneOf, parseCommandLine } from './arguments.ts';
import { withProgram } from './program.ts';
import { textTable } from './text-table.ts';

export const CLOCKS: Command = {
  usage: `clocks show|restore [--supported] [--all] [--json]
  show        every NVIDIA GPU with its clocks right now
  restore     gives back what Servescape has changed, if an earlier run could not
  --supported with show: the clocks the driver lists. Not asked otherwise: on a few cards the question hangs the machine
  --all       with restore: every card goes back to the driver's own clocks, whoever changed them
  --json      one JSON document on standard output`,
  run: runClocks,
};

async function runClocks(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args, { supported: { type: 'boolean' }, all: { type: 'boolean' }, json: { type: 'boolean' } }, { least: ['show|restore'] },
  );
  const what = oneOf('show|restore', positionals[0], ['show', 'restore'] as const);
  return withProgram(entryUrl, async ({ client }) => {
    if (what === 'restore') {
      const sentences = await client.call('hardware.restoreClocks', { everything: values.all ?? false });
      console.log(values.json ? JSON.stringify({ done: sentences }) : sentences.join('\n'));
      return sentences.some((sentence) => /could not be given back|still runs at/.test(sentence)) ? 1 : 0;
    }
    const cards = await client.call('hardware.cards', {});
    const supported = values.supported ? await client.call('hardware.gpuClocks', { backend: { kind: 'local' } }) : null;
    if (values.json) console.log(JSON.stringify({ cards, ...(supported && { supported }) }));
    else {
      console.log(cards.length === 0 ? 'There is no NVIDIA GPU here, or nvidia-smi is not installed.' : cardTable(cards));
      if (supported) console.log(`\nClocks the driver lists, MHz${supported.memoryMhz === null ? '' : ` (memory at ${supported.memoryMhz} MHz)`}: ${supported.clocksMhz.join(', ')}`);
    }
    return 0;
  });
}

function cardTable(cards: readonly GpuCardInfo[]): string {
  const shown = (value: number | null): string => (value === null ? '–' : String(Math.round(value)));
  return textTable(
    [
      { head: 'GPU', align: 'right' }, { head: 'card', align: 'left' }, { head: 'driver', align: 'left' }, { head: 'now (MHz)', align: 'right' },
      { head: 'most (MHz)', align: 'right' }, { head: 'application (MHz)', align: 'right' }, { head: 'usual (MHz)', align: 'right' },
      { head: 'power (W)', align: 'right' }, { head: '°C', align: 'right' },
    ],
    cards.map((card) => [
      String(card.index), `${card.name}${card.mig ? ' (MIG)' : ''}`, card.driver, shown(card.smClockMhz), shown(card.maxSmClockMhz), shown(card.applicationMhz),
      shown(card.usualMhz), shown(card.powerW), shown(card.temperatureC),
    ]),
  );
}
