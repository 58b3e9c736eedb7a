import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCard, installStandIn, type StandIn } from '../../hardware/gpu/stand-in.ts';

const CLI = fileURLToPath(new URL('../../../main/host/cli.ts', import.meta.url));
let standIn: StandIn;

function cli(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...standIn.environment, SERVESCAPE_DATA: standIn.data };
    execFile(process.execPath, [CLI, 'clocks', ...args], { env }, (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }));
  });
}
const callsWith = (flag: string): number => standIn.calls().filter(({ args }) => args.some((arg) => arg.startsWith(flag))).length;

beforeEach(() => {
  standIn = installStandIn();
});
afterEach(() => standIn.remove());

describe('clocks', () => {
  it('show says what the cards do now, and lists clocks only when asked to', async () => {
    expect((await cli('show')).out).toMatch(/NVIDIA RTX A5000 +550\.54\.15 +210 +1740 +1500 +1500/);
    expect(callsWith('--query-supported-clocks')).toBe(0);
    const { out } = await cli('show', '--supported', '--json');
    expect(JSON.parse(out)).toMatchObject({ cards: [{ index: 0, applicationMhz: 1500 }], supported: { clocksMhz: [600, 900, 1200, 1500, 1740] } });
  }, 60_000);

  it('restore gives back what a killed run left, with --all everything', async () => {
    expect((await cli('restore')).out).toBe('Servescape has not changed any GPU clock.\n');
    const dead = { version: 1, pid: 999_999_999, processStartedAt: '1', uid: process.getuid?.() ?? null, at: new Date().toISOString(), attempts: [{ busId: '00000000:01:00.0', method: 'application', asRoot: false, state: 'set' }], cards: [{ busId: '00000000:01:00.0', index: 0, name: 'NVIDIA RTX A5000', before: { memoryMhz: 7601, graphicsMhz: 1500 }, usual: { memoryMhz: 7601, graphicsMhz: 1500 } }] };
    writeFileSync(join(standIn.data, 'gpu-clocks.json'), JSON.stringify(dead));
    standIn.change({ cards: [fakeCard(0, { application: [7601, 600] })] });
    expect((await cli('restore')).err).toMatch(/was closed while a study had set the clock of GPU 0 \(NVIDIA RTX A5000\); the clock was given back/);
    expect(standIn.state().cards).toEqual([fakeCard(0)]);
    standIn.change({ cards: [fakeCard(0, { locked: [600, 600] })] });
    expect((await cli('restore', '--all')).out).toBe('All GPU clocks are the driver’s own again (1 card).\n');
    expect(standIn.state().cards).toEqual([fakeCard(0)]);
  }, 60_000);

  it('refuses what it does not know', async () => {
    expect(await cli('overclock')).toMatchObject({ code: 2, err: expect.stringContaining('show, restore') });
  }, 60_000);
});
