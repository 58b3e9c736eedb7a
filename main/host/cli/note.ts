import { badInput } from '../../domain/errors.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine, wholeNumber } from './arguments.ts';
import { withProgram } from './program.ts';
import { projectPath } from './spec-file.ts';

export const NOTE: Command = {
  usage: `note PROJECT TEXT [--study ID] [--trial N]
  Keeps a note on a study or one of its trials in the project file; an empty TEXT takes it back.
  --study ID   which study (default: the last)
  --trial N    about this trial`,
  run: runNote,
};

async function runNote(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { study: { type: 'string' }, trial: { type: 'string' } }, { least: ['PROJECT', 'TEXT'] });
  const trial = wholeNumber('--trial', values.trial, 1, 1_000_000) ?? null;
  const path = await projectPath('PROJECT', positionals[0]!);
  return withProgram(entryUrl, async ({ client }) => {
    const { projectId, studies } = await client.call('project.open', { path });
    const study = values.study === undefined ? studies.at(-1) : studies.find(({ id }) => id === values.study);
    if (!study) throw badInput('--study', values.study, studies.map(({ id }) => id).join(', '));
    await client.call('study.note', { projectId, studyId: study.id, trial, text: positionals[1]!.trim() });
    console.log(`Kept with ${trial === null ? `“${study.name}”` : `trial ${trial} of “${study.name}”`}.`);
    return 0;
  });
}
