import { ServescapeError } from '../../main/domain/errors.ts';
import { wishWords } from '../../main/domain/wishes.ts';
import type { ProjectInfo } from '../../main/contract/values.ts';
import type { AppState } from './app.svelte.ts';

/** Opens a file; one that is damaged is repaired into a copy if the user wants that. Null: not wanted. */
export async function openOrRepair(app: AppState, path: string): Promise<ProjectInfo | null> {
  try {
    return await app.client.call('project.open', { path });
  } catch (error) {
    if (!(error instanceof ServescapeError) || error.code !== 'project-damaged') throw error;
    const answer = await app.prompts.ask({
      title: 'This file is damaged',
      text: `${error.message} What is whole of it can be saved into a copy beside it; the file itself stays as it is.`,
      actions: [{ id: 'leave', label: 'Leave it' }, { id: 'repair', label: 'Save what is whole', tone: 'primary' }],
      safe: 'leave',
    });
    if (answer !== 'repair') return null;
    const repaired = await app.client.call('project.repair', { path });
    app.notices.show({ id: 'repaired', tone: 'ok', strong: `Saved as ${repaired.path}.`, text: repaired.recovered.join(' '), dismissible: true });
    return repaired;
  }
}

/** Someone else's project names images or places of this machine: nothing of it is used before the user says so. */
export async function askForTrust(app: AppState): Promise<void> {
  const { project } = app;
  if (project === null) return;
  const answer = await app.prompts.ask({
    title: 'This project came from elsewhere',
    text: `It wants to ${wishWords(project.asks)}. Allow that only if you know who made it. Looking at its results needs none of it.`,
    actions: [{ id: 'look', label: 'Only look' }, { id: 'allow', label: 'Allow', tone: 'danger' }],
    safe: 'look',
  });
  if (answer !== 'allow' || app.project?.projectId !== project.projectId) return;
  app.project = await app.client.call('project.trust', { projectId: project.projectId });
}
