import '../dom.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ServescapeError } from '../../../main/domain/errors.ts';
import { createClient } from '../../../main/contract/client.ts';
import { StudyDraft } from '../../../renderer/state/draft.svelte.ts';
import { StudyView } from '../../../renderer/state/study.svelte.ts';
import { createFakeHost, type FakeHost } from '../fake-host.ts';

afterEach(() => void vi.useRealTimers());

async function open(host: FakeHost = createFakeHost()) {
  const client = createClient(await host.connect());
  const view = await StudyView.open(() => client, 'p1', 's1');
  const onError = vi.fn();
  const draft = new StudyDraft(view, onError);
  vi.useFakeTimers();
  const updates = (): number => host.calls.filter(({ method }) => method === 'study.update').length;
  return { host, view, draft, onError, updates };
}

describe('StudyDraft', () => {
  it('sends a burst of edits once, a moment after the last', async () => {
    const { host, draft, updates } = await open();
    for (const seed of [4, 42, 421]) draft.put('seed', seed);
    expect(updates()).toBe(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect([updates(), host.study().spec.seed]).toEqual([1, 421]);
  });

  it('sends nothing while a field cannot be used, and keeps the last acceptable form', async () => {
    const { draft, updates } = await open();
    draft.put('seed', 'abc');
    await vi.advanceTimersByTimeAsync(1000);
    await draft.flush();
    expect([updates(), draft.acceptable.seed]).toEqual([0, 23]);
  });

  it('does not send a form that is as it was', async () => {
    const { draft, updates } = await open();
    draft.put('seed', 7);
    draft.undo();
    await vi.advanceTimersByTimeAsync(1000);
    expect(updates()).toBe(0);
  });

  it('takes over what was changed elsewhere, unless something is being typed', async () => {
    const { host, draft } = await open();
    const changed = { ...host.study().spec, budget: { ...host.study().spec.budget, trials: 80 } };
    host.emit({ kind: 'spec-changed', at: '2026-11-21T10:42:00.000Z', spec: changed });
    await vi.advanceTimersByTimeAsync(0);
    expect(draft.value.budget.trials).toBe(80);
    draft.put('seed', 9);
    host.emit({ kind: 'spec-changed', at: '2026-11-21T10:42:01.000Z', spec: { ...changed, name: 'Other' } });
    await vi.advanceTimersByTimeAsync(0);
    expect(draft.value.seed).toBe(9);
  });

  it('hands on a refusal and sends again with the next edit', async () => {
    let refuse = true;
    const refusing = createFakeHost({
      overrides: {
        'study.update': async () => {
          if (refuse) throw new ServescapeError('conflict', 'This study is running.');
          return null;
        },
      },
    });
    const { draft, onError, updates } = await open(refusing);
    draft.put('seed', 7);
    await vi.advanceTimersByTimeAsync(1000);
    expect(onError).toHaveBeenCalledTimes(1);
    refuse = false;
    draft.put('seed', 8);
    await vi.advanceTimersByTimeAsync(1000);
    expect([updates(), onError.mock.calls.length]).toEqual([2, 1]);
  });

  it('keeps a name that tells the concurrency true, in one step of undo', async () => {
    const { draft } = await open();
    draft.put('name', 'Digits, 20 concurrent, again');
    draft.put('environment.concurrency', null);
    draft.put('environment.concurrency', 4);
    expect(draft.value.name).toBe('Digits, 4 concurrent, again');
    draft.undo();
    expect([draft.value.name, draft.value.environment.concurrency]).toEqual(['Digits, 20 concurrent, again', 20]);
  });

  it('undoes and redoes step by step; a new edit ends what could be redone', async () => {
    const { draft } = await open();
    draft.put('seed', 1);
    draft.put('environment.concurrency', 30);
    draft.undo();
    expect([draft.value.seed, draft.value.environment.concurrency, draft.canRedo]).toEqual([1, 20, true]);
    draft.undo();
    draft.redo();
    expect([draft.value.seed, draft.canUndo, draft.canRedo]).toEqual([1, true, true]);
    draft.put('seed', 5);
    expect(draft.canRedo).toBe(false);
  });
});
