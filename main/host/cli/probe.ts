import { resolve } from 'node:path';
import type { RangeProbe } from '../../domain/range-probe.ts';
import { backendKindSchema } from '../../domain/study-spec.ts';
import type { Command } from '../cli.ts';
import { oneOf, parseCommandLine } from './arguments.ts';
import { createProgressPainter } from './progress-line.ts';
import { withProgram } from './program.ts';
import { readSpec } from './spec-file.ts';
import { watchToEnd } from './watch-stream.ts';

export const PROBE: Command = {
  usage: `probe SPEC [--backend local|docker|swarm|simulated] [--json]
  Runs one replica with one core and 2,000 MB under the study's load, and offers the CPU and memory it used as bounds.`,
  run: runProbe,
};

async function runProbe(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { backend: { type: 'string' }, json: { type: 'boolean' } }, { least: ['SPEC'] });
  const backend = oneOf('--backend', values.backend, backendKindSchema.options);
  const { spec } = await readSpec('SPEC', resolve(positionals[0]!), { trials: undefined, seed: undefined, backend });
  return withProgram(entryUrl, async ({ client }) => {
    const painter = createProgressPainter(process.stderr);
    let found: RangeProbe | null = null;
    await watchToEnd(client, 'range.probe', { spec }, (update) => {
      if (update.kind === 'working') painter.live(update.text);
      else found = update.probe;
    });
    painter.done();
    console.log(values.json ? JSON.stringify(found) : describe(found!));
    return 0;
  });
}

function describe({ cpuCores, memoryMb, enforcement }: RangeProbe): string {
  const line = (what: string, unit: string, range: RangeProbe['cpuCores'], digits: number): string =>
    range === null
      ? `${what}: cannot be observed here.`
      : `${what}: used ${range.observed.low.toFixed(digits)} to ${range.observed.high.toFixed(digits)} ${unit}; search from ${range.offered.low} to ${range.offered.high} ${unit}.`;
  return [line('CPU per replica', 'cores', cpuCores, 2), line('Memory per replica', 'MB', memoryMb, 0), `Limits by ${enforcement}.`].join('\n');
}
