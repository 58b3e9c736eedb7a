import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import DesignScreen from '../../../renderer/design/DesignScreen.svelte';
import { withBounds } from '../../../renderer/design/range-words.ts';
import { usualBackend } from '../../../main/domain/study-spec.ts';
import { ServescapeError } from '../../../main/domain/errors.ts';
import type { ImageList } from '../../../main/domain/container-image.ts';
import type { RangeProbe } from '../../../main/domain/range-probe.ts';
import type { Services } from '../../../main/contract/services.ts';
import { createFakeHost, templateSpec } from '../fake-host.ts';
import { showScreen } from '../with-app.ts';

const LIST: ImageList = {
  engine: 'Docker 27.1.0 at the usual socket', engineIsLocal: true, problem: null, bundled: { reference: 'servescape/model-server:0.1.0', state: 'absent' },
  images: [{ reference: 'tensorflow/serving:2.19.1', sizeMb: 612.3, serves: true }, { reference: 'postgres:16', sizeMb: 400, serves: false }],
};
const PROBE: RangeProbe = {
  tried: { replicas: 1, cpuCores: 1, memoryMb: 2000, maxBatchSize: 8, batchTimeoutMicros: 1, batchThreads: 1, gpuClockMhz: 1 }, enforcement: 'x',
  cpuCores: { observed: { low: 0.31, high: 0.84 }, offered: { low: 0.3, high: 0.85 } },
  memoryMb: { observed: { low: 500, high: 780 }, offered: { low: 560, high: 864 } },
};

async function design(overrides: Partial<Services> = {}) {
  const host = createFakeHost({ spec: { ...templateSpec(), backend: usualBackend('docker') }, overrides: { 'images.list': async () => LIST, ...overrides } });
  const app = await showScreen(host, DesignScreen, (ready) => ready.create('mnist'));
  return { app, host };
}
const openImages = async (): Promise<void> => void (await fireEvent.click(screen.getByRole('button', { name: /^Image: / })));

describe('Design, what containers run', () => {
  it('greys the GPUs out where the engine runs on this machine and it has none', async () => {
    await design();
    await openImages();
    expect(await screen.findByText('No NVIDIA GPU was found on this machine. Replicas run without one.')).toBeTruthy();
    expect(screen.getByLabelText('GPUs')).toHaveProperty('readOnly', true);
  });

  it('leaves them to the user where the engine runs elsewhere', async () => {
    await design({ 'images.list': async () => ({ ...LIST, engineIsLocal: false }) });
    await openImages();
    await screen.findByText(/Docker 27\.1\.0/);
    expect(screen.getByLabelText('GPUs')).toHaveProperty('readOnly', false);
  });

  it('calls the bundled server by its name and offers only images that serve models', async () => {
    const { app } = await design();
    expect(screen.getByRole('button', { name: 'Image: Bundled server' })).toBeTruthy();
    await openImages();
    expect(await screen.findByText(/not TensorFlow Serving\. The first trial builds its image\./)).toBeTruthy();
    expect(screen.queryByText('postgres:16')).toBeNull();
    await fireEvent.click(await screen.findByRole('radio', { name: /tensorflow\/serving:2\.19\.1/ }));
    expect(app.draft!.value.backend).toMatchObject({ kind: 'docker', image: 'tensorflow/serving:2.19.1' });
  });

  it('shows a build as it goes, and that the image is there', async () => {
    let finish = (): void => undefined;
    const { host } = await design({
      'images.prepare': ({ reference }, sink) => {
        sink.item({ reference, kind: 'build', text: 'Handing files to Docker', share: 0.25, layers: [], done: false });
        finish = () => {
          sink.item({ reference, kind: 'build', text: 'It is here.', share: 1, layers: [], done: true });
          sink.end();
        };
      },
    });
    await openImages();
    await fireEvent.click(await screen.findByRole('button', { name: 'Build it now' }));
    const bar = await screen.findByRole('progressbar', { name: /Building/ });
    await waitFor(() => expect(bar.getAttribute('value')).toBe('0.25'));
    finish();
    expect(await screen.findByText('It is here.')).toBeTruthy();
    expect(host.calls.filter(({ method }) => method === 'images.list').length).toBeGreaterThan(1);
  });

  it('shows layers of a pull, and why it failed', async () => {
    let fail = (): void => undefined;
    await design({
      'images.prepare': ({ reference }, sink) => new Promise((_, reject) => {
        sink.item({ reference, kind: 'pull', text: '0 of 1 layers', share: 0.1, layers: [{ id: 'abcdef123456', text: 'Downloading', share: 0.2 }], done: false });
        fail = () => reject(new ServescapeError('image-missing', 'It could not be fetched: its registry cannot be reached.', { hint: 'Images here work.' }));
      }),
    });
    await openImages();
    await fireEvent.input(await screen.findByLabelText('Or any image that is started the same way'), { target: { value: 'example/other:1' } });
    await fireEvent.click(await screen.findByRole('button', { name: 'Fetch it' }));
    expect((await screen.findByRole('progressbar', { name: 'Layer abcdef123456' })).getAttribute('value')).toBe('0.2');
    fail();
    expect(await screen.findByText(/registry cannot be reached\. Images here work\./)).toBeTruthy();
  });

  it('says when there is no engine', async () => {
    await design({ 'images.list': async () => ({ ...LIST, engine: '', problem: { code: 'backend-unavailable', message: 'No engine answers.', hint: 'Start it.' } }) });
    await openImages();
    expect(await screen.findByText(/No engine answers\. Start it\./)).toBeTruthy();
  });

  it('refuses GPUs it cannot ask for', async () => {
    const { app } = await design();
    await openImages();
    const gpus = await screen.findByLabelText('GPUs');
    await fireEvent.input(gpus, { target: { value: 'two' } });
    expect(app.draft!.faults.map(({ path }) => path)).toEqual(['backend.gpus']);
    await fireEvent.input(gpus, { target: { value: '0,1' } });
    expect(app.draft!.faults).toEqual([]);
  });
});

describe('Design, probing the range', () => {
  it('offers what was observed as bounds with one click', async () => {
    const { app } = await design({
      'range.probe': (_params, sink) => {
        sink.item({ kind: 'working', text: 'Starting one replica' });
        sink.item({ kind: 'done', probe: PROBE });
        sink.end();
      },
    });
    await fireEvent.click(screen.getByRole('button', { name: 'Probe the range…' }));
    await fireEvent.click(await screen.findByRole('button', { name: 'Start probe' }));
    expect(await screen.findByText(/used 0\.31 to 0\.84 cores; search from 0\.3 to 0\.85 cores/)).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Use these bounds' }));
    const bounds = Object.fromEntries(app.draft!.value.space.flatMap((parameter) => ('low' in parameter ? [[parameter.name, [parameter.low, parameter.high]]] : [])));
    expect(bounds).toMatchObject({ cpuCores: [0.3, 0.85], memoryMb: [560, 864] });
    expect(app.draft!.canUndo).toBe(true);
  });

  it('leaves lists and fixed values as they are', () => {
    const spec = templateSpec();
    const listed = { ...spec, space: [{ kind: 'ordinal' as const, name: 'memoryMb', values: [128, 256], scale: 'linear' as const }] };
    expect(withBounds(listed, PROBE).space).toEqual(listed.space);
    expect(withBounds(spec, { ...PROBE, cpuCores: null, memoryMb: null }).space).toEqual(spec.space);
  });
});
