import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openProgram } from '../../main/host/cli/program.ts';
import { readStudy } from '../../main/host/cli/follow-study.ts';
import { temporaryFolder } from '../project/temporary-folder.ts';

const ENTRY = new URL('../../main/host/cli.ts', import.meta.url).href;

it('keeps notes in the file, refuses a trial there is not, and writes the same note only once', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('SERVESCAPE_DATA', folder);
  const path = join(folder, 'lab.servescape');
  const { client, close } = await openProgram(ENTRY);
  const { projectId, studies } = await client.call('project.create', { template: 'simulated' });
  const ids = { projectId, studyId: studies[0]!.id };
  await client.call('study.note', { ...ids, trial: null, text: 'first' });
  await client.call('study.note', { ...ids, trial: null, text: 'first' });
  await expect(client.call('study.note', { ...ids, trial: 1, text: 'x' })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('it has no trials yet') });
  await expect(client.call('study.note', { ...ids, trial: null, text: 'x'.repeat(4001) })).rejects.toMatchObject({ code: 'bad-input' });
  await client.call('project.saveAs', { projectId, path });
  await close();
  const again = await openProgram(ENTRY);
  try {
    const reopened = await again.client.call('project.open', { path });
    expect((await readStudy(again.client, { ...ids, projectId: reopened.projectId })).note).toBe('first');
    await again.client.call('study.note', { ...ids, projectId: reopened.projectId, trial: null, text: '' });
    expect((await readStudy(again.client, { ...ids, projectId: reopened.projectId })).note).toBe('');
  } finally {
    await again.close();
    vi.unstubAllEnvs();
  }
});
