import { fireEvent, screen } from '@testing-library/svelte';
import { cleanup } from '@testing-library/svelte';
import { afterEach, expect, test } from 'vitest';
import DesignScreen from '../../../renderer/design/DesignScreen.svelte';
import { createFakeHost } from '../fake-host.ts';
import { showScreen } from '../with-app.ts';

afterEach(cleanup);

test('a note is sent when the field is left, and shown as the file has it', async () => {
  const host = createFakeHost({ overrides: { 'study.note': async () => null } });
  await showScreen(host, DesignScreen, (app) => app.open('/home/ada/mnist-lab.servescape'));
  const field = (await screen.findByRole('textbox', { name: 'Notes on the study' })) as HTMLTextAreaElement;
  await fireEvent.input(field, { target: { value: ' does caching matter? ' } });
  expect(host.calls.filter(({ method }) => method === 'study.note')).toEqual([]);
  await fireEvent.change(field);
  expect(host.calls.filter(({ method }) => method === 'study.note')).toEqual([{ method: 'study.note', params: { projectId: 'p1', studyId: 's1', trial: null, text: 'does caching matter?' } }]);
  host.emit({ kind: 'note-written', at: '2026-11-28T10:00:00.000Z', trial: null, text: 'does caching matter?' });
  await expect.poll(() => field.value).toBe('does caching matter?');
});
