import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { ServescapeError } from '../../../main/domain/errors.ts';
import type { GpuClockList } from '../../../main/domain/gpu.ts';
import type { HardwareFacts } from '../../../main/contract/values.ts';
import type { StudySpec } from '../../../main/domain/study-spec.ts';
import type { Services } from '../../../main/contract/services.ts';
import { appCommands } from '../../../renderer/state/app-commands.ts';
import { unreadableReason, sourceWords } from '../../../renderer/design/hardware.svelte.ts';
import DesignScreen from '../../../renderer/design/DesignScreen.svelte';
import { createFakeHost, templateSpec, type FakeHost } from '../fake-host.ts';
import { showScreen } from '../with-app.ts';
import type { AppState } from '../../../renderer/state/app.svelte.ts';

const LIST: GpuClockList = { cards: ['NVIDIA RTX A5000'], driver: '550.54.15', memoryMhz: 7601, clocksMhz: Array.from({ length: 20 }, (_, i) => 600 + 60 * i) };
const usable: HardwareFacts = { gpu: { kind: 'usable', cards: LIST.cards, note: 'A note.' }, energy: { source: 'none', reason: 'No counters.' } };

async function design(facts: HardwareFacts, clocks: Services['hardware.gpuClocks'] = async () => LIST): Promise<{ host: FakeHost; app: AppState }> {
  const host = createFakeHost({ overrides: { 'hardware.facts': async () => facts, 'hardware.gpuClocks': clocks } });
  return { host, app: await showScreen(host, DesignScreen, (ready) => ready.create('mnist')) };
}
const clockSwitch = (): HTMLElement => screen.getByLabelText('Search GPU clock');
const asked = (host: FakeHost): number => host.calls.filter(({ method }) => method === 'hardware.gpuClocks').length;

describe('Design, the GPU clock', () => {
  it('is off, and the driver is asked for clocks only when it is switched on; the answer stays in the study', async () => {
    const { host, app } = await design(usable);
    await waitFor(() => expect(clockSwitch().getAttribute('aria-disabled')).toBeNull());
    expect(asked(host)).toBe(0);
    await fireEvent.click(clockSwitch());
    await waitFor(() => expect(app.draft!.value.gpuClocks).toEqual(LIST));
    expect(app.draft!.value.space.find(({ name }) => name === 'gpuClockMhz')).toMatchObject({ kind: 'ordinal', values: [600, 780, 900, 1080, 1260, 1440, 1560, 1740] });
    // Off and on again: the answer is remembered.
    await fireEvent.click(clockSwitch());
    await waitFor(() => expect(app.draft!.value.fixed).toHaveProperty('gpuClockMhz'));
    await fireEvent.click(clockSwitch());
    await waitFor(() => expect(app.draft!.value.space.some(({ name }) => name === 'gpuClockMhz')).toBe(true));
    expect(asked(host)).toBe(1);
  });

  it('stays a grey line with its reason and what an administrator can do', async () => {
    await design({ ...usable, gpu: { kind: 'unusable', reason: 'Setting it needs administrator rights.', hint: 'An administrator can allow it once with: echo' } });
    await waitFor(() => expect(screen.getByText(/Setting it needs administrator rights\. An administrator can allow it once with: echo/)).toBeTruthy());
    expect(clockSwitch().getAttribute('aria-disabled')).toBe('true');
  });

  it('says why the driver gave no list, and changes nothing', async () => {
    const { app } = await design(usable, async () => {
      throw new ServescapeError('clock-refused', 'The driver did not list its clocks within 10 s.', { hint: 'Leave it out.' });
    });
    await waitFor(() => expect(clockSwitch().getAttribute('aria-disabled')).toBeNull());
    await fireEvent.click(clockSwitch());
    await waitFor(() => expect(screen.getByText(/did not list its clocks within 10 s\. Leave it out\./)).toBeTruthy());
    expect(app.draft!.value.space.some(({ name }) => name === 'gpuClockMhz')).toBe(false);
  });

  it('can be taken out with one click where it cannot be set after all', async () => {
    const spec = { ...templateSpec(), gpuClocks: LIST };
    const searching: StudySpec = { ...spec, space: [...spec.space, { kind: 'ordinal', name: 'gpuClockMhz', values: [600, 900], scale: 'linear' }] };
    const refused: HardwareFacts = { ...usable, gpu: { kind: 'unusable', reason: 'Setting it needs administrator rights.', hint: '' } };
    const host = createFakeHost({ spec: searching, overrides: { 'hardware.facts': async () => refused } });
    const app = await showScreen(host, DesignScreen, (ready) => ready.create('mnist'));
    await fireEvent.click(await screen.findByRole('button', { name: 'Search without it' }));
    expect(app.draft!.value.space.some(({ name }) => name === 'gpuClockMhz')).toBe(false);
    expect(app.draft!.value.fixed).not.toHaveProperty('gpuClockMhz');
  });

  it('can be given back by a command', async () => {
    const host = createFakeHost({ overrides: { 'hardware.facts': async () => usable, 'hardware.restoreClocks': async () => ['Servescape has not changed any GPU clock.'] } });
    const app = await showScreen(host, DesignScreen, (ready) => ready.create('mnist'));
    const command = appCommands(app).find(({ id }) => id === 'restore-clocks');
    await command!.run();
    expect(app.notices.toasts.at(-1)?.text).toBe('Servescape has not changed any GPU clock.');
  });
});

describe('energy as objective', () => {
  const spec = templateSpec();
  const withClock = { ...spec, fixed: { ...spec.fixed, gpuClockMhz: 1200 } };

  it('is not to be had where nothing can be read, and says what stands for it', () => {
    expect(unreadableReason('joulesPerRequest', spec, usable)).toBe('No counters. CPU in use stands for energy.');
    expect(unreadableReason('gpuPowerW', spec, usable)).toMatch(/No GPU takes part/);
    expect(unreadableReason('cpuCores', spec, usable)).toBeNull();
    expect(unreadableReason('joulesPerRequest', withClock, usable)).toBeNull();
  });

  it('says which source it is read from', () => {
    expect(sourceWords('joulesPerRequest', withClock, usable)).toBe('Read from: GPU power over time, without the processor.');
    expect(sourceWords('energyJ', withClock, { ...usable, energy: { source: 'processor', reason: '' } })).toMatch(/RAPL\) and GPU power/);
    expect(sourceWords('meanRoundTripMs', withClock, usable)).toBe('');
  });
});
