import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import DesignScreen from '../../../renderer/design/DesignScreen.svelte';
import { usualBackend, type BackendKind } from '../../../main/domain/study-spec.ts';
import type { NodeReport } from '../../../main/domain/node-report.ts';
import { ServescapeError } from '../../../main/domain/errors.ts';
import type { Services } from '../../../main/contract/services.ts';
import { createFakeHost, templateSpec } from '../fake-host.ts';
import { showScreen } from '../with-app.ts';

const REPORT: NodeReport = {
  summary: 'Swarm of 2 nodes', image: 'servescape/model-server:0.1.0',
  nodes: [
    { name: 'lab-1', role: 'manager', state: 'ready', usable: true, engine: 'Docker 27.1.0', address: '10.0.0.1', cores: 16, memoryMb: 65_536, takenCores: 4, takenMemoryMb: 2048, resources: [{ kind: 'NVIDIA-GPU', total: 2, taken: 1 }], image: 'there', clockOffsetMs: 1.2, clockWithinMs: 0.4, work: [{ what: 'servescape-1', count: 4, ours: true, cores: 4, memoryMb: 2048 }], problem: '' },
    { name: 'lab-2', role: 'worker', state: 'down', usable: false, engine: 'Docker 27.1.0', address: '10.0.0.2', cores: 16, memoryMb: 65_536, takenCores: 0, takenMemoryMb: 0, resources: [], image: null, clockOffsetMs: null, clockWithinMs: null, work: [], problem: 'heartbeat failure' },
  ],
};

async function design(kind: BackendKind, overrides: Partial<Services> = {}) {
  const host = createFakeHost({ spec: { ...templateSpec(), backend: usualBackend(kind) }, overrides });
  return showScreen(host, DesignScreen, (ready) => ready.create('mnist'));
}

describe('Design, where trials run', () => {
  it('takes several engines, and leaves the list out when it is emptied', async () => {
    const app = await design('docker');
    const field = screen.getByLabelText('Engines');
    await fireEvent.input(field, { target: { value: 'here, ssh://me@lab-2' } });
    expect(app.draft!.value.backend).toMatchObject({ engines: ['here', 'ssh://me@lab-2'] });
    await fireEvent.click(await screen.findByLabelText('Allow unequal machines'));
    expect(app.draft!.value.backend).toMatchObject({ unequalMachines: 'accept' });
    await fireEvent.input(field, { target: { value: '' } });
    expect((app.draft!.value.backend as { engines?: unknown }).engines).toBeUndefined();
    expect(app.draft!.faults).toEqual([]);
  });

  it('offers a swarm with placement and GPUs, and shows its nodes', async () => {
    const app = await design('swarm', { 'nodes.list': async () => REPORT });
    await fireEvent.input(screen.getByLabelText('Only on nodes with'), { target: { value: 'node.labels.room==lab' } });
    expect(app.draft!.value.backend).toMatchObject({ kind: 'swarm', placement: ['node.labels.room==lab'] });
    await fireEvent.click(screen.getByText('Look at the nodes'));
    const table = await screen.findByLabelText('Nodes and what they run');
    const [first, second] = within(table).getAllByRole('row').slice(1);
    expect(first!.textContent).toMatch(/lab-1.*ready.*12\.0 of 16\.0.*NVIDIA-GPU: 1 of 2 free.*There.*1\.20 ms.*4 × servescape-1\s*\(this program\)/s);
    expect(second!.textContent).toMatch(/lab-2.*down.*heartbeat failure.*Not known/s);
  });

  it('says why the nodes cannot be shown', async () => {
    await design('swarm', { 'nodes.list': () => Promise.reject(new ServescapeError('unsupported', 'The engine at x is no manager of a Docker swarm.', { hint: 'Choose a manager.' })) });
    await fireEvent.click(screen.getByText('Look at the nodes'));
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('The engine at x is no manager of a Docker swarm. Choose a manager.'));
  });
});
