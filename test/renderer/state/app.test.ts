import '../dom.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ServescapeError } from '../../../main/domain/errors.ts';
import { NO_FILTER } from '../../../renderer/charts/filter.ts';
import { AppState } from '../../../renderer/state/app.svelte.ts';
import { mostSerious, type Banner } from '../../../renderer/state/notices.svelte.ts';
import { createFakeHost, type FakeHost } from '../fake-host.ts';
import type { Connection } from '../../../main/contract/connection.ts';
import type { Services } from '../../../main/contract/services.ts';

afterEach(() => {
  vi.useRealTimers();
  sessionStorage.clear();
});

async function begin(host: FakeHost = createFakeHost()) {
  sessionStorage.clear();
  const links: Connection[] = [];
  let refusals = 0;
  const app = new AppState(async () => {
    if (refusals > 0) {
      refusals--;
      throw new ServescapeError('connection-lost', 'No answer.');
    }
    const link = await host.connect();
    links.push(link);
    return link;
  });
  await app.begin();
  return { app, host, lose: (refused = 0) => ((refusals = refused), links.at(-1)!.close()) };
}

describe('AppState', () => {
  it('goes where the study stands when it is opened', async () => {
    const { app } = await begin();
    await app.open('/home/ada/mnist-lab.servescape');
    expect(app.screen).toBe('design');
    expect(app.draft!.value.name).toBe(app.study!.study.spec.name);
  });

  it('is back where it was after a reload of the page', async () => {
    const { app, host } = await begin();
    await app.create('mnist');
    app.navigate('results');
    app.filter = { ...NO_FILTER, failed: false, brushes: [{ axis: 'cpuCores', low: 0.5, high: 1 }] };
    app.resultsTab = 'load';
    const again = new AppState(host.connect);
    await again.begin();
    expect([again.screen, again.project?.name, again.study?.studyId]).toEqual(['results', 'mnist-lab', app.study!.studyId]);
    expect([again.filter, again.resultsTab]).toEqual([app.filter, 'load']);
  });

  it('says that the connection is lost and comes back by itself, with what was typed meanwhile', async () => {
    const { app, host, lose } = await begin();
    await app.create('mnist');
    vi.useFakeTimers();
    lose(2);
    await vi.advanceTimersByTimeAsync(400);
    expect(app.link.state).toBe('lost');
    expect(app.notices.banners.map(({ strong }) => strong)).toEqual([expect.stringMatching(/stopped answering at \d\d:\d\d/)]);
    app.draft!.put('seed', 99);
    await vi.advanceTimersByTimeAsync(2000);
    expect(app.link.state).toBe('open');
    expect(app.notices.banners).toEqual([]);
    expect(host.watches()).toBe(2);
    expect(host.study().spec.seed).toBe(99);
  });

  it('tries at once when asked', async () => {
    const { app, lose } = await begin();
    vi.useFakeTimers();
    lose(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(app.link.state).toBe('lost');
    app.link.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(app.link.state).toBe('open');
  });

  it('saves under the name picked in the page and keeps the screen', async () => {
    const { app, host } = await begin();
    await app.create('mnist');
    app.navigate('results');
    const saving = app.saveAs();
    await vi.waitFor(() => expect(app.prompts.pathRequest).toEqual({ mode: 'save', suggestedName: 'mnist-lab.servescape' }));
    app.prompts.pickPath('/home/ada/x.servescape');
    await saving;
    expect(host.calls.some(({ method }) => method === 'project.saveAs')).toBe(true);
    expect([app.project!.draft, app.screen]).toEqual([false, 'results']);
  });

  it('saves nothing when the picker is closed', async () => {
    const { app, host } = await begin();
    await app.create('mnist');
    const saving = app.saveAs();
    await vi.waitFor(() => expect(app.prompts.pathRequest).not.toBeNull());
    app.prompts.pickPath(null);
    await saving;
    expect(host.calls.some(({ method }) => method === 'project.saveAs')).toBe(false);
  });

  it('shows a refusal as what happened and what to do', async () => {
    const refused = async (): Promise<never> => {
      throw new ServescapeError('project-foreign', 'The file is a diary.', { hint: 'Choose another.' });
    };
    const { app } = await begin(createFakeHost({ overrides: { 'project.open': refused } as Partial<Services> }));
    await app.open('/x').catch(app.fail);
    expect(app.notices.banners[0]).toMatchObject({ tone: 'bad', strong: 'The file is a diary.', text: 'Choose another.' });
    expect(app.screen).toBe('welcome');
    expect(app.notices.assertive).toContain('The file is a diary.');
  });

  it('takes an answer, and null when the question is closed', async () => {
    const { app } = await begin();
    const question = { title: 'Stop?', text: '', actions: [{ id: 'now', label: 'Stop now' }], safe: 'now' };
    const first = app.ask(question);
    app.prompts.answer('now');
    const second = app.ask(question);
    app.prompts.answer(null);
    expect([await first, await second, app.prompts.question]).toEqual(['now', null, null]);
  });
});

describe('banners', () => {
  it('shows the most serious one, among equals the newest', () => {
    const banner = (id: string, tone: Banner['tone']): Banner => ({ id, tone, strong: '', text: '' });
    expect(mostSerious([banner('a', 'warn'), banner('b', 'bad'), banner('c', 'bad'), banner('d', 'ok')])?.id).toBe('c');
    expect(mostSerious([])).toBeNull();
  });
});
