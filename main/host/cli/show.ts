import { formatCount } from '../../domain/format.ts';
import { countFinished } from '../../domain/study.ts';
import { studyAsJson } from '../../domain/study-json.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine } from './arguments.ts';
import { readStudy } from './follow-study.ts';
import { withProgram } from './program.ts';
import { projectPath } from './spec-file.ts';
import { studyAsText } from './study-report.ts';

export const SHOW: Command = {
  usage: `show FILE [--json]
  What is in a project file: its studies, their trials and the best configuration.
  --json   one JSON document`,
  run: runShow,
};

async function runShow(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { json: { type: 'boolean' } }, { least: ['FILE'] });
  const path = await projectPath('FILE', positionals[0]!);
  return withProgram(entryUrl, async ({ client }) => {
    const project = await client.call('project.open', { path });
    const studies = await Promise.all(project.studies.map(({ id }) => readStudy(client, { projectId: project.projectId, studyId: id })));
    if (values.json) {
      console.log(JSON.stringify({ file: path, readOnly: project.readOnly, studies: studies.map(studyAsJson) }));
      return 0;
    }
    if (project.readOnly !== null) console.log(`Read-only: ${project.readOnly}`);
    for (const study of studies) {
      const { trials } = study.spec.budget;
      console.log(`${study.spec.name}: ${study.state}, ${formatCount(countFinished(study))} of ${formatCount(trials)} trials, ${study.spec.backend.kind}\n`);
      console.log(`${studyAsText(study)}\n`);
    }
    return 0;
  });
}
