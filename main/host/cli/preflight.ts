import type { CheckState } from '../../contract/values.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine } from './arguments.ts';
import { withProgram } from './program.ts';

export const PREFLIGHT: Command = {
  usage: `preflight [--json]
  What this machine can do: built-in server, Docker, GPU, processor, memory, background load, power plan.
  Ends with 1 when something that is needed is missing.`,
  run: runPreflight,
};

const STATE_WORDS: Readonly<Record<CheckState, string>> = { ok: '✓', warn: '!', bad: '✗', absent: '·' };

async function runPreflight(args: readonly string[], entryUrl: string): Promise<number> {
  const { values } = parseCommandLine(args, { json: { type: 'boolean' } });
  return withProgram(entryUrl, async ({ client }) => {
    const report = await client.call('preflight.check', {});
    if (values.json) console.log(JSON.stringify(report));
    else {
      const wide = Math.max(...report.items.map(({ label }) => label.length));
      for (const { label, state, fact, fix } of report.items) {
        console.log(`${STATE_WORDS[state]} ${label.padEnd(wide)}  ${fact}`);
        if (fix !== '') console.log(`  ${' '.repeat(wide)}  ${fix}`);
      }
      console.log(`\n${report.summary}`);
    }
    return report.items.some(({ state }) => state === 'bad') ? 1 : 0;
  });
}
