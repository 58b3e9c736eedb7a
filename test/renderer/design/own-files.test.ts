import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import DesignScreen from '../../../renderer/design/DesignScreen.svelte';
import { usualBackend } from '../../../main/domain/study-spec.ts';
import type { FileCheck, FileListing } from '../../../main/contract/values.ts';
import type { Services } from '../../../main/contract/services.ts';
import { APP_INFO, createFakeHost, templateSpec } from '../fake-host.ts';
import { showScreen } from '../with-app.ts';

const AT = '2026-11-21T10:42:00.000Z';
const FOUND: FileCheck = { words: 'trained on real MNIST digits', from: 'bundled', ownFolder: '/home/ada/.local/models/digits', problem: null };
const LISTING: FileListing = {
  folder: '/home/ada/data', parent: '/home/ada', others: 3,
  entries: [{ name: 'svhn', path: '/home/ada/data/svhn', kind: 'folder', at: AT, bytes: 4096 }, { name: 'test_32x32.mat', path: '/home/ada/data/test_32x32.mat', kind: 'file', at: AT, bytes: 64_275_384 }],
};

async function design(overrides: Partial<Services> = {}, backend: 'local' | 'docker' = 'local', nativeDialogs = false) {
  const host = createFakeHost({
    spec: { ...templateSpec(), backend: usualBackend(backend) },
    overrides: {
      'model.check': async () => ({ model: FOUND, data: { ...FOUND, words: '3,413 images of 28 × 28 × 1' } }),
      'files.list': async ({ folder }) => ({ ...LISTING, folder: folder ?? LISTING.folder }),
      'images.list': async () => ({ engine: 'Docker', engineIsLocal: true, problem: null, bundled: { reference: 'x', state: 'ready' }, images: [] }),
      'app.info': async () => ({ ...APP_INFO, host: nativeDialogs ? 'electron' : 'browser', nativeDialogs }),
      ...overrides,
    },
  });
  const app = await showScreen(host, DesignScreen, (ready) => ready.create('mnist'));
  await fireEvent.click(await screen.findByRole('button', { name: 'Your own files…' }));
  return { app, host };
}

describe('Design, the user’s own files', () => {
  it('says what was recognised, and where files could lie instead', async () => {
    await design();
    expect(screen.getByText('trained on real MNIST digits')).toBeTruthy();
    expect(screen.getByText('3,413 images of 28 × 28 × 1')).toBeTruthy();
    expect(screen.getAllByText('/home/ada/.local/models/digits').length).toBe(2);
    expect(screen.getByText('https://storage.googleapis.com/cvdf-datasets/mnist/t10k-images-idx3-ubyte.gz')).toBeTruthy();
  });

  it('says at the model what is missing, with what to do, and does not let it be tried', async () => {
    await design({ 'model.check': async () => ({ model: { words: '', from: null, ownFolder: null, problem: { message: '/x is no SavedModel: saved_model.pb is missing.', hint: 'Translate the model first.' } }, data: FOUND }) });
    expect((await screen.findByRole('alert')).textContent).toContain('/x is no SavedModel: saved_model.pb is missing. Translate the model first.');
    expect(screen.getByRole('button', { name: 'Try one request' }).getAttribute('aria-disabled')).toBe('true');
  });

  it('browses for data in the page: asks for data files only, takes a file or the folder', async () => {
    const { app, host } = await design();
    await fireEvent.click(screen.getByRole('button', { name: 'Browse for your data' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Choose your data' }));
    expect(await dialog.findByText('64.3 MB')).toBeTruthy();
    expect(dialog.getByText(/3 other files are not shown/)).toBeTruthy();
    expect(host.calls.filter(({ method }) => method === 'files.list').at(-1)!.params).toEqual({ folder: null, show: 'data' });
    await fireEvent.click(dialog.getByRole('button', { name: /test_32x32\.mat/ }));
    expect(app.draft!.value.model.dataPath).toBe('/home/ada/data/test_32x32.mat');

    await fireEvent.click(screen.getByRole('button', { name: 'Browse for your data' }));
    const again = within(await screen.findByRole('dialog', { name: 'Choose your data' }));
    await waitFor(() => expect(host.calls.filter(({ method }) => method === 'files.list').at(-1)!.params).toEqual({ folder: '/home/ada/data', show: 'data' }));
    await waitFor(() => expect(again.getByRole('button', { name: 'Use this folder' }).getAttribute('aria-disabled')).not.toBe('true'));
    await fireEvent.click(again.getByRole('button', { name: 'Use this folder' }));
    expect(app.draft!.value.model.dataPath).toBe('/home/ada/data');

    await fireEvent.click(screen.getByRole('button', { name: 'Data: use what comes along' }));
    expect('dataPath' in app.draft!.value.model).toBe(false);
  });

  it('offers folders only for what a container loads', async () => {
    const { app } = await design({}, 'docker');
    await fireEvent.click(screen.getByRole('button', { name: 'Browse for your model' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Choose your model' }));
    await dialog.findByRole('button', { name: 'svhn' });
    expect(dialog.queryByText('test_32x32.mat')).toBeNull();
    await fireEvent.click(dialog.getByRole('button', { name: 'Use this folder' }));
    expect(app.draft!.value.backend).toMatchObject({ kind: 'docker', modelFolder: '/home/ada/data' });
  });

  it('asks the system where it has dialogs; cancelled changes nothing', async () => {
    const picked: unknown[] = [];
    const { app } = await design({ 'dialog.pick': async (params) => { picked.push(params); return picked.length === 1 ? '/home/ada/mine.onnx' : null; } }, 'local', true);
    const [modelFile, dataFile] = screen.getAllByRole('button', { name: 'File…' });
    await fireEvent.click(modelFile!);
    await waitFor(() => expect(app.draft!.value.model.modelPath).toBe('/home/ada/mine.onnx'));
    await fireEvent.click(dataFile!);
    await waitFor(() => expect(picked).toEqual([{ what: 'model', pick: 'file' }, { what: 'data', pick: 'file' }]));
    expect('dataPath' in app.draft!.value.model).toBe(false);
  });
});
