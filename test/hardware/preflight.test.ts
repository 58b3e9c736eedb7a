import { describe, expect, it } from 'vitest';
import { ServescapeError } from '../../main/domain/errors.ts';
import type { PreflightItem, PreflightReport } from '../../main/contract/values.ts';
import { createMachineFacts } from '../../main/hardware/machine-facts.ts';
import { createPreflight } from '../../main/hardware/preflight.ts';
import { reportFindings, type Findings } from '../../main/hardware/preflight-items.ts';
import { createRealHarness } from '../serving/fixtures/local-harness.ts';

const GOOD: Findings = {
  server: { seconds: 1.42, enforcement: 'cgroup v2 (CPU quota and memory limit)' },
  docker: { kind: 'running', version: '27.1.0', apiVersion: '1.46' },
  gpus: { kind: 'found', gpus: [{ name: 'RTX 3080', memoryMb: 10240, driver: '535' }] },
  machine: {
    hostname: 'lab', platform: 'linux x64', processor: 'x', cores: 8, memoryMb: 32 * 1024, gpus: [], nodeVersion: 'v24', appVersion: '1',
  },
  freeMemoryMb: 28_058,
  cards: [],
  freeDiskMb: 50_000,
  backgroundLoad: 0.04,
  powerPlan: { governor: 'performance', onBattery: false },
};

function itemOf(id: PreflightItem['id'], findings: Partial<Findings>): PreflightItem {
  return reportFindings({ ...GOOD, ...findings }).items.find((item) => item.id === id)!;
}

describe('the report', () => {
  it('has nothing to say about a machine in order', () => {
    const { summary, items } = reportFindings(GOOD);
    expect(summary).toBe('Ready for studies with the built-in server. Nothing to look at.');
    expect(items.slice(0, 7).map(({ id, state, fact, fix }) => [id, state, fact, fix])).toEqual([
      ['server', 'ok', 'ready, 1.4 s to start; limits by cgroup v2 (CPU quota and memory limit)', ''],
      ['docker', 'ok', 'running, version 27.1.0', ''],
      ['gpu', 'ok', 'RTX 3080, 10 GB', ''],
      ['processor', 'ok', expect.stringMatching(/^8 cores, \d+(\.\d+)? for replicas$/), ''],
      ['memory', 'ok', '32 GB, 27.4 GB free', ''],
      ['background', 'ok', '4 %', ''],
      ['power', 'ok', 'performance', ''],
    ]);
  });

  it('counts what is worth a look, and what is merely absent does not count', () => {
    const summary = (findings: Partial<Findings>): string => reportFindings({ ...GOOD, gpus: { kind: 'absent' }, ...findings }).summary;
    expect(summary({ docker: { kind: 'not-running' } })).toBe('Ready for studies with the built-in server. One thing to look at, it does not stop you.');
    expect(summary({ docker: { kind: 'not-running' }, backgroundLoad: 0.5 })).toBe('Ready for studies with the built-in server. Two things to look at, neither stops you.');
    expect(summary({ docker: { kind: 'not-running' }, backgroundLoad: 0.5, freeMemoryMb: 100 })).toContain('Three things to look at, none stops you.');
  });

  it('puts a built-in server that does not start first', () => {
    const server = new ServescapeError('exited-at-start', 'It ended.', { hint: 'Reinstall.' }).toData();
    const { summary, items } = reportFindings({ ...GOOD, server });
    expect(summary).toMatch(/^The built-in server does not start yet\./);
    expect(items[0]).toMatchObject({ state: 'bad', fix: 'It ended. Reinstall.' });
  });

  it.each<[Findings['docker'], string, RegExp]>([
    [{ kind: 'not-running' }, 'warn', /installed, not running/],
    [{ kind: 'not-installed' }, 'absent', /not installed/],
    [{ kind: 'no-permission', socket: '/var/run/docker.sock' }, 'warn', /not for this user/],
    [{ kind: 'unusable', reason: 'Docker did not answer within 2 s.' }, 'warn', /does not answer/],
  ])('has a state, a fact and a fix for Docker %j', (docker, state, fact) => {
    const item = itemOf('docker', { docker });
    expect(item.state).toBe(state);
    expect(item.fact).toMatch(fact);
    expect(item.fix).not.toBe('');
  });

  it('has a fix for every finding that is not in order', () => {
    const { items } = reportFindings({
      server: GOOD.server, docker: { kind: 'not-installed' }, gpus: { kind: 'failed', reason: 'the NVIDIA driver is not loaded' },
      machine: { ...GOOD.machine, cores: 2 }, freeMemoryMb: 500, backgroundLoad: 0.6, powerPlan: { governor: 'powersave', onBattery: null }, cards: null, freeDiskMb: 100,
    });
    expect(items.slice(1, 7).map(({ state }) => state)).toEqual(['absent', 'warn', 'warn', 'warn', 'warn', 'warn']);
    for (const { fix, state } of items.slice(1)) if (state !== 'absent') expect(fix).not.toBe('');
    expect(itemOf('processor', { machine: { ...GOOD.machine, cores: 1 } }).fact).toMatch(/^1 core, /);
    expect(itemOf('power', { powerPlan: { governor: 'performance', onBattery: true } }).state).toBe('warn');
    expect(itemOf('background', { backgroundLoad: null })).toMatchObject({ state: 'absent', fact: 'unknown' });
    expect(itemOf('power', { powerPlan: { governor: null, onBattery: null } }).state).toBe('absent');
  });
});

describe('what stands behind the first screen', () => {
  const docker = (runtimes: string[]): Findings['docker'] => ({ kind: 'running', version: '27.1.0', apiVersion: '1.46', runtimes });
  const card = { index: 0, name: 'RTX 3080', driver: '535', mig: false, smClockMhz: 210, maxSmClockMhz: 1980, applicationMhz: 1500, usualMhz: 1500, powerW: 20, temperatureC: 40 };

  it('names the permission on the socket and how to get it', () => {
    expect(itemOf('socket', { docker: { kind: 'no-permission', socket: '/var/run/docker.sock' } })).toMatchObject({ state: 'bad', fact: 'no access to /var/run/docker.sock', fix: expect.stringContaining('usermod') });
    expect(itemOf('socket', {})).toMatchObject({ state: 'ok' });
  });

  it('asks for the container toolkit only where there is a card', () => {
    expect(itemOf('toolkit', { docker: docker(['runc', 'nvidia']) }).state).toBe('ok');
    expect(itemOf('toolkit', { docker: docker(['runc']) })).toMatchObject({ state: 'warn', fix: expect.stringContaining('nvidia-container-toolkit') });
    expect(itemOf('toolkit', { docker: docker(['runc']), gpus: { kind: 'absent' } }).state).toBe('absent');
  });

  it('says which driver, and when it does not work', () => {
    expect(itemOf('driver', {}).fact).toBe('version 535');
    expect(itemOf('driver', { gpus: { kind: 'failed', reason: 'the NVIDIA driver is not loaded' } })).toMatchObject({ state: 'bad', fact: 'the NVIDIA driver is not loaded' });
  });

  it('notices a clock that is not the usual one', () => {
    expect(itemOf('clocks', { cards: [card] })).toMatchObject({ state: 'ok', fact: 'GPU 0 at 210 of 1980 MHz; as usual' });
    expect(itemOf('clocks', { cards: [{ ...card, applicationMhz: 900 }] })).toMatchObject({ state: 'warn', fact: 'GPU 0 at 900 MHz instead of 1500 MHz' });
  });

  it('warns before the disk is full', () => {
    expect(itemOf('disk', { freeDiskMb: 300 })).toMatchObject({ state: 'warn', fact: '300 MB free for projects' });
  });
});

describe('checking this machine', () => {
  it('really starts the built-in server once, ends it, and shares one check between callers', async () => {
    const harness = createRealHarness();
    let backends = 0;
    const check = createPreflight({
      machine: createMachineFacts({ appVersion: '1', queryGpus: async () => ({ kind: 'absent' }) }),
      backend: () => {
        backends += 1;
        return harness.backend;
      },
      docker: async () => ({ kind: 'not-installed' }),
      gpus: async () => ({ kind: 'absent' }),
    });
    const [first, second]: PreflightReport[] = await Promise.all([check(), check()]);
    expect(first).toBe(second);
    expect(backends).toBe(1);
    expect(first!.items[0]).toMatchObject({ id: 'server', state: 'ok' });
    expect(first!.items[0]!.fact).toMatch(/^ready, \d+\.\d s to start/);
    expect(harness.remains()).toEqual([]);
    await harness.dispose();
  });

  it('says why the built-in server does not start', async () => {
    const harness = createRealHarness({ modelRoot: '/nowhere' });
    const check = createPreflight({
      machine: createMachineFacts({ appVersion: '1', queryGpus: async () => ({ kind: 'absent' }) }),
      backend: () => harness.backend,
      docker: async () => ({ kind: 'not-installed' }),
      gpus: async () => ({ kind: 'absent' }),
    });
    const { items } = await check();
    expect(items[0]).toMatchObject({ id: 'server', state: 'bad' });
    expect(items[0]!.fix).toContain('/nowhere/digits');
    await harness.dispose();
  });
});
