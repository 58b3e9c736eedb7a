import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../main/domain/random.ts';
import { createClockKeeper } from '../../../main/hardware/gpu/clock-keeper.ts';
import { enterStandIn, installStandIn, MODES, type FakeState, type Mode, type StandIn } from './stand-in.ts';

/** KILL_POINTS=200 for the whole drill. */
const POINTS = Number(process.env['KILL_POINTS'] ?? 12);
const SEED = process.env['KILL_SEED'] ?? 'clocks';
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

type KillPoint =
  | { readonly kind: 'disk'; readonly step: number }
  /** In the middle of the n-th call that sets or resets: before it changed anything (it goes on without the app), or after. */
  | { readonly kind: 'call'; readonly call: number; readonly phase: 'before' | 'after'; readonly delayMs: number };

/** Only a call that hangs is to be cut off; a busy machine is not to look like one. */
const timeoutOf = (standIn: StandIn): number => (standIn.state().hang === null ? 20_000 : 1500);

interface DrillEnd {
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

function drill(standIn: StandIn, killAt = 0): Promise<DrillEnd> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', file('kill-at-step.mjs'), file('clock-drill.ts'), standIn.data, standIn.program, String(timeoutOf(standIn))], {
    env: { ...process.env, ...standIn.environment, KILL_AT: String(killAt) }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  // `exit`, not `close`: a call of nvidia-smi that outlives the app keeps its pipes open.
  return new Promise((resolve) => child.on('exit', (_code, signal) => resolve({ signal, said })));
}

/** How many steps on the disk and how many calls the whole drill makes in this mode. */
async function measureDrill(mode: Mode): Promise<{ steps: number; calls: number }> {
  const standIn = installStandIn(MODES[mode]);
  try {
    const { signal, said } = await drill(standIn);
    expect({ mode, signal, said }).toMatchObject({ signal: null, said: expect.stringMatching(/^\d+\n$/) });
    expect(standIn.state().cards, mode).toEqual(installedCards(mode));
    return { steps: Number(said), calls: standIn.calls().filter(({ args }) => args.some((arg) => /^-(ac|rac|lgc|rgc)$/.test(arg))).length };
  } finally {
    standIn.remove();
  }
}

function installedCards(mode: Mode): FakeState['cards'] {
  const standIn = installStandIn(MODES[mode]);
  const { cards } = standIn.state();
  standIn.remove();
  return cards;
}

/** Kills the app at the point, starts it again, and says what is not as it was. */
async function killAndStartAgain(mode: Mode, point: KillPoint): Promise<{ readonly killed: boolean; readonly wrong: string[] }> {
  const standIn = installStandIn(MODES[mode]);
  if (point.kind === 'call') standIn.change({ killApp: { call: point.call, phase: point.phase }, delayMs: point.delayMs });
  const before = standIn.state().cards;
  const leave = enterStandIn(standIn);
  try {
    const { signal } = await drill(standIn, point.kind === 'disk' ? point.step : 0);
    const notices = await createClockKeeper({ folder: standIn.data, program: standIn.program, mayElevate: true, callTimeoutMs: timeoutOf(standIn) }).recover();
    const wrong: string[] = [];
    if (JSON.stringify(standIn.state().cards) !== JSON.stringify(before)) wrong.push(`cards: ${JSON.stringify(standIn.state().cards.map(({ application, locked }) => ({ application, locked })))}`);
    const left = readdirSync(standIn.data).filter((name) => name === 'gpu-clocks.json');
    if (left.length > 0) wrong.push(`left: ${left.join()}; ${notices.join()}`);
    return { killed: signal === 'SIGKILL', wrong };
  } finally {
    leave();
    standIn.remove();
  }
}

describe('a killed app', () => {
  it(`gives the clocks back at its next start: ${POINTS} random kill points in every mode of permission`, async () => {
    expect(existsSync(file('fake-nvidia-smi.mjs'))).toBe(true);
    const random = createRandom(SEED);
    const modes = Object.keys(MODES) as Mode[];
    const sizes = new Map<Mode, { steps: number; calls: number }>();
    const wrong: string[] = [];
    let killed = 0;
    // A point that is never reached (after a call that hangs) does not count.
    for (let i = 0; killed < POINTS && i < 2 * POINTS; i++) {
      const mode = modes[i % modes.length]!;
      if (!sizes.has(mode)) sizes.set(mode, await measureDrill(mode));
      const { steps, calls } = sizes.get(mode)!;
      const point: KillPoint = random.next() < 0.5
        ? { kind: 'disk', step: random.integer(1, steps) }
        : { kind: 'call', call: random.integer(1, calls), phase: random.next() < 0.5 ? 'before' : 'after', delayMs: random.integer(0, 2000) };
      const end = await killAndStartAgain(mode, point);
      if (end.killed) killed++;
      if (end.wrong.length > 0) wrong.push(`${mode} ${JSON.stringify(point)}: ${end.wrong.join('; ')}`);
    }
    expect(wrong).toEqual([]);
    expect(killed).toBe(POINTS);
    if (process.env['KILL_POINTS']) console.log(`${killed} killed, ${wrong.length} of them with clocks left changed`);
  }, 60_000 + POINTS * 15_000);
});
