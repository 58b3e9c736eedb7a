import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { identifyProcess } from '../../../main/serving/process-identity.ts';
import { openSession, sweepRunFolder } from '../../../main/serving/local/run-folder.ts';
import { findProcesses, machineGroups, REAL_MODELS, REAL_SERVER, STAND_IN } from '../fixtures/local-harness.ts';

const PARENT = fileURLToPath(new URL('../fixtures/deploy-and-wait.ts', import.meta.url));
const GONE = { timeout: 20_000, interval: 20 };

let folder = '';
let started: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'servescape-test-'));
  mkdirSync(join(folder, 'models', 'digits', '1'), { recursive: true });
});
afterEach(async () => {
  await Promise.all(started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).map(killHard));
  started = [];
  await sweepRunFolder(join(folder, 'run'));
  findProcesses(folder).forEach((pid) => process.kill(pid, 'SIGKILL'));
  rmSync(folder, { recursive: true, force: true });
});

async function printed(parent: ChildProcess, word: string): Promise<void> {
  let text = '';
  for await (const chunk of parent.stdout!.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes(word)) return;
  }
  throw new Error(`the parent ended without printing “${word}”`);
}

async function startParent(server: string, modelRoot: string, mode: string, until = 'deployed'): Promise<ChildProcess> {
  const parent = spawn(process.execPath, [PARENT, join(folder, 'run'), modelRoot, server, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(parent);
  await printed(parent, until);
  return parent;
}

async function killHard(parent: ChildProcess): Promise<void> {
  parent.kill('SIGKILL');
  await once(parent, 'exit');
}

describe('an app killed with kill -9', () => {
  it('leaves no replica of the real server running, and what it left of files and groups is swept', async () => {
    const parent = await startParent(REAL_SERVER, REAL_MODELS, '');
    expect(findProcesses(join(folder, 'run', 'session-'))).toHaveLength(2);
    await killHard(parent);
    await vi.waitFor(() => expect(findProcesses(join(folder, 'run'))).toEqual([]), GONE);
    expect(readdirSync(join(folder, 'run'))).toHaveLength(1);
    const words = await sweepRunFolder(join(folder, 'run'));
    expect(words).toHaveLength(1);
    expect(words[0]).toBe(`Removed ${machineGroups === null ? 'temporary files' : '2 control groups'} left by an earlier session.`);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
    expect(await sweepRunFolder(join(folder, 'run'))).toEqual([]);
  });

  it('in the middle of a start leaves nothing running either', async () => {
    const parent = await startParent(REAL_SERVER, REAL_MODELS, '', 'starting');
    await killHard(parent);
    await vi.waitFor(() => expect(findProcesses(join(folder, 'run'))).toEqual([]), GONE);
    await sweepRunFolder(join(folder, 'run'));
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });

  it('has replicas that would not leave ended by the next start', async () => {
    const parent = await startParent(STAND_IN, join(folder, 'models'), 'clinging');
    await killHard(parent);
    expect(findProcesses(join(folder, 'run'))).toHaveLength(2);
    expect(await sweepRunFolder(join(folder, 'run'))).toContain('Ended 2 replicas left by an earlier session.');
    expect(findProcesses(join(folder, 'run'))).toEqual([]);
    expect(await sweepRunFolder(join(folder, 'run'))).toEqual([]);
  });

  it('is left alone while it still runs', async () => {
    await startParent(STAND_IN, join(folder, 'models'), 'well');
    expect(await sweepRunFolder(join(folder, 'run'))).toEqual([]);
    expect(findProcesses(join(folder, 'run', 'session-'))).toHaveLength(2);
  });
});

describe('sweeping', () => {
  /** A session whose app is gone, with a note about a process. */
  async function leaveSession(note: object): Promise<string> {
    const session = await openSession(join(folder, 'run'));
    writeFileSync(join(session.folder, 'owner.json'), JSON.stringify({ pid: 4_000_000, startedAt: '1' }));
    writeFileSync(join(session.folder, '7.replica.json'), JSON.stringify(note));
    return session.folder;
  }

  function startStranger(argument: string): ChildProcess {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', argument], { stdio: 'ignore' });
    started.push(child);
    return child;
  }

  it('never ends a process with another command line', async () => {
    const stranger = startStranger('elsewhere');
    const identity = await identifyProcess(stranger.pid!);
    await leaveSession({ pid: stranger.pid, startedAt: identity?.startedAt });
    expect(await sweepRunFolder(join(folder, 'run'))).toEqual(['Removed temporary files left by an earlier session.']);
    expect(await identifyProcess(stranger.pid!)).not.toBeNull();
  });

  it('never ends a process that took over the number', async () => {
    const path = await leaveSession({});
    const stranger = startStranger(path);
    writeFileSync(join(path, '7.replica.json'), JSON.stringify({ pid: stranger.pid, startedAt: '12' }));
    await sweepRunFolder(join(folder, 'run'));
    expect(await identifyProcess(stranger.pid!)).not.toBeNull();
  });

  it('removes no folder that is not a group of ours, whatever a note says', async () => {
    const path = await leaveSession({});
    const precious = join(folder, 'precious');
    mkdirSync(precious);
    writeFileSync(join(path, 'x.group.json'), JSON.stringify([precious, 7]));
    await sweepRunFolder(join(folder, 'run'));
    expect(readdirSync(folder)).toContain('precious');
  });

  it('keeps its note of a group that is still in use until a later sweep', async () => {
    const path = await leaveSession({});
    const group = join(folder, 'servescape-busy');
    mkdirSync(join(group, 'inner'), { recursive: true });
    writeFileSync(join(path, 'x.group.json'), JSON.stringify([group]));
    expect(await sweepRunFolder(join(folder, 'run'))).toEqual([]);
    rmSync(join(group, 'inner'), { recursive: true });
    expect(await sweepRunFolder(join(folder, 'run'))).toEqual(['Removed 1 control group left by an earlier session.']);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });

  it('survives damaged notes', async () => {
    const path = await leaveSession({});
    for (const name of ['owner.json', '7.replica.json', 'y.group.json']) writeFileSync(join(path, name), '{ not json');
    expect(await sweepRunFolder(join(folder, 'run'))).toEqual(['Removed temporary files left by an earlier session.']);
  });
});
