import { badInput } from '../../domain/errors.ts';
import { compareSweep } from '../../domain/comparison.ts';
import { tableOne } from '../../domain/table-one.ts';
import { toCsv, toLatex, toMarkdown } from '../../domain/table-text.ts';
import type { Command } from '../cli.ts';
import { oneOf, parseCommandLine } from './arguments.ts';
import { readStudy } from './follow-study.ts';
import { withProgram } from './program.ts';
import { projectPath } from './spec-file.ts';
import { sweepAsJson } from '../../domain/study-json.ts';
import { sweepAsText } from './sweep-report.ts';

export const REPORT: Command = {
  usage: `report PROJECT [--sweep ID] [--format text|markdown|latex|csv|json]
  What a sweep or duel of a project has shown: the verdict, Table 1 and the report’s claims.
  --sweep ID      which one (default: the last)
  --format KIND   text: everything, in words (the default); markdown, latex, csv: Table 1; json: everything, as data`,
  run: runReport,
};

async function runReport(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { sweep: { type: 'string' }, format: { type: 'string' } }, { least: ['PROJECT'] });
  const format = oneOf('--format', values.format, ['text', 'markdown', 'latex', 'csv', 'json']) ?? 'text';
  const path = await projectPath('PROJECT', positionals[0]!);
  return withProgram(entryUrl, async ({ client }) => {
    const { projectId } = await client.call('project.open', { path });
    const sweeps = await client.call('sweep.list', { projectId });
    const sweep = values.sweep === undefined ? sweeps.at(-1) : sweeps.find(({ id }) => id === values.sweep);
    if (!sweep) throw badInput(values.sweep === undefined ? 'PROJECT' : '--sweep', values.sweep ?? path, sweeps.length === 0 ? 'a project with a sweep or duel in it' : sweeps.map(({ id }) => id).join(', '));
    const studies = await Promise.all(sweep.members.map(({ studyId }) => readStudy(client, { projectId, studyId })));
    if (format === 'text') console.log(sweepAsText(sweep, studies));
    else if (format === 'json') console.log(JSON.stringify(sweepAsJson(sweep, studies)));
    else {
      const table = tableOne(sweep, compareSweep(sweep, studies));
      const shown = { head: table.head, rows: table.rows };
      const cell = (_value: unknown, column: number, row: number): string => table.shown[row]![column]!;
      process.stdout.write(format === 'csv' ? toCsv(shown) : (format === 'markdown' ? toMarkdown : toLatex)(shown, cell));
    }
    return 0;
  });
}
