import '../dom.ts';
import { describe, expect, it, vi } from 'vitest';
import { ServescapeError } from '../../../main/domain/errors.ts';
import { AppState } from '../../../renderer/state/app.svelte.ts';
import { projectBanners } from '../../../renderer/state/project-banners.ts';
import { createFakeHost } from '../fake-host.ts';
import type { Services } from '../../../main/contract/services.ts';

const asks = [{ kind: 'image', value: 'evil/image:1' }, { kind: 'place', value: '/etc' }] as const;

async function begin(host = createFakeHost()): Promise<AppState> {
  sessionStorage.clear();
  const app = new AppState(host.connect);
  await app.begin();
  return app;
}

describe('a project from elsewhere', () => {
  it('is opened, the question names what it wants, and looking changes nothing', async () => {
    const host = createFakeHost();
    host.project = { ...host.project, asks: [...asks] };
    const app = await begin(host);
    const opened = app.open('/gift.servescape');
    await vi.waitFor(() => expect(app.prompts.question).not.toBeNull());
    expect(app.prompts.question).toMatchObject({
      title: 'This project came from elsewhere', safe: 'look', text: expect.stringContaining('run the image “evil/image:1” and use the folder or file “/etc”') as string,
    });
    app.prompts.answer('look');
    await opened;
    expect(host.calls.map(({ method }) => method)).not.toContain('project.trust');
    expect(projectBanners(app)[0]).toMatchObject({ strong: 'This project came from elsewhere.', actions: [{ label: 'Allow…' }] });
  });

  it('is allowed from the banner', async () => {
    const host = createFakeHost({ overrides: { 'project.trust': async () => ({ ...host.project, asks: [] }) } as Partial<Services> });
    host.project = { ...host.project, asks: [...asks] };
    const app = await begin(host);
    const opened = app.open('/gift.servescape');
    await vi.waitFor(() => expect(app.prompts.question).not.toBeNull());
    app.prompts.answer(null);
    await opened;
    const allowing = projectBanners(app)[0]!.actions![0]!.run();
    app.prompts.answer('allow');
    await allowing;
    expect(projectBanners(app)).toEqual([]);
  });
});

describe('a damaged file', () => {
  const damaged = async (): Promise<never> => {
    throw new ServescapeError('project-damaged', '/x is damaged: it was cut off.');
  };

  it('is repaired into a copy when that is wanted, and what is in it is said', async () => {
    const host = createFakeHost({
      overrides: { 'project.open': damaged, 'project.repair': async () => ({ ...host.project, path: '/x repaired', recovered: ['“Digits”: 3 finished trials are whole.'] }) } as Partial<Services>,
    });
    const app = await begin(host);
    const opened = app.open('/x');
    await vi.waitFor(() => expect(app.prompts.question?.title).toBe('This file is damaged'));
    app.prompts.answer('repair');
    await opened;
    expect(app.notices.banners.find(({ id }) => id === 'repaired')).toMatchObject({ strong: 'Saved as /x repaired.', text: '“Digits”: 3 finished trials are whole.' });
    expect(app.project?.path).toBe('/x repaired');
  });

  it('is left alone when it is not', async () => {
    const host = createFakeHost({ overrides: { 'project.open': damaged } as Partial<Services> });
    const app = await begin(host);
    const opened = app.open('/x');
    await vi.waitFor(() => expect(app.prompts.question).not.toBeNull());
    app.prompts.answer(null);
    await opened;
    expect(app.project).toBeNull();
    expect(host.calls.map(({ method }) => method)).not.toContain('project.repair');
  });
});
