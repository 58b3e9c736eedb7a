import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../main/contract/command-table.ts';
import * as standIn from './stand-in/electron.ts';
import type { MenuItem } from './stand-in/electron.ts';

const root = resolve(import.meta.dirname, '../..');
const mainFile = join(root, 'out/main/main.js');

interface Outcome {
  readonly page: { status: number; policy: string };
  readonly options: { webPreferences: Record<string, unknown>; width: number };
  readonly visible: boolean;
  readonly info: { host: string; nativeDialogs: boolean };
  readonly pause: Record<string, unknown>;
  readonly chosen: string[];
  readonly zoom: number;
  readonly theme: string;
  readonly notifications: { title: string; body: string }[];
  readonly progress: number[];
  readonly blockers: string[];
  readonly dialogs: { message: string; buttons: string[] }[];
  readonly loaded: string[];
  readonly exitAfterCancel: number | null;
  readonly exitCode: number;
  readonly menus: MenuItem[];
}

describe.skipIf(!existsSync(mainFile))('the built main process on a stand-in for Electron', () => {
  let folder: string;
  let outcome: Outcome;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'servescape-shell-'));
    const part = (name: string): string => fileURLToPath(new URL(`stand-in/${name}`, import.meta.url));
    const run = promisify(execFile)(process.execPath, ['--import', part('hook.ts'), part('scenario.ts'), mainFile, '/home/ada/lab 2.servescape'], {
      env: { ...process.env, SERVESCAPE_DATA: folder, NODE_OPTIONS: '' }, maxBuffer: 16 * 1024 ** 2,
    });
    outcome = JSON.parse((await run).stdout.trim().split('\n').at(-1)!) as Outcome;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('opens one hardened window on the page it serves itself', () => {
    expect(outcome.page.status).toBe(200);
    expect(outcome.page.policy).toContain("script-src 'self'");
    expect(outcome.options.webPreferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false });
    expect(outcome.loaded[0]).toBe('servescape://app/index.html');
    expect(outcome).toMatchObject({ visible: true, info: { host: 'electron', nativeDialogs: true } });
  });

  it('has every command of the table in its menu, as the page says they stand, and sends what is chosen there to the page', () => {
    const ids = outcome.menus.flatMap(({ submenu = [] }) => submenu).map(({ id }) => id);
    for (const { id } of COMMANDS.filter(({ menu }) => menu !== null)) expect(ids).toContain(id);
    expect(outcome.pause).toEqual({ label: 'Continue', enabled: false, accelerator: 'Space' });
    expect(outcome.chosen).toEqual(['about']);
    expect(outcome.zoom).toBe(0.5);
    expect(outcome.theme).toBe('dark');
  });

  it('keeps the machine awake, shows progress and speaks at the end of a run', () => {
    expect(outcome.blockers).toEqual(['start prevent-app-suspension', 'stop 1']);
    expect(outcome.progress.at(-1)).toBe(-1);
    expect(Math.max(...outcome.progress)).toBe(1);
    expect(outcome.notifications).toEqual([{ title: expect.any(String), body: expect.stringMatching(/^Study ended\. /) }]);
  });

  it('opens a double-clicked file in the window that is there', () => {
    expect(decodeURIComponent(outcome.loaded.at(-1)!)).toBe('servescape://app/index.html#open=/home/ada/lab 2.servescape');
  });

  it('asks about a draft before it goes, and stays when told so', () => {
    expect(outcome.dialogs.map(({ buttons }) => buttons)).toEqual([['Save as…', 'Quit, keep as draft', 'Cancel'], ['Save as…', 'Quit, keep as draft', 'Cancel']]);
    expect(outcome.exitAfterCancel).toBeNull();
    expect(outcome.exitCode).toBe(0);
  });
});

describe('the stand-in', () => {
  it('has no member that Electron has not', async () => {
    const declared = await readFile(join(root, 'node_modules/electron/electron.d.ts'), 'utf8');
    const own = new Set(['constructor', 'focused', 'visible', 'options', 'all', 'sent', 'zoom', 'url', 'fromPage', 'navigate', 'pressClose', 'handlers']);
    const unknown = Object.entries(standIn).filter(([name]) => name !== 'seen' && name !== 'answers').flatMap(([name, part]) => {
      const object = part as object;
      const from = typeof part === 'function' ? (part as { prototype: object }).prototype : object;
      const members = [...Object.getOwnPropertyNames(from), ...Object.getOwnPropertyNames(Object.getPrototypeOf(from) ?? {})];
      return members.filter((member) => /^[a-z]/i.test(member) && !own.has(member) && !Object.hasOwn(Object.prototype, member) && !Object.hasOwn(standIn.ipcMain, member) && !(member in standIn.ipcMain))
        .filter((member) => !new RegExp(`\\b${member}\\b[?]?[(:]`).test(declared)).map((member) => `${name}.${member}`);
    });
    expect(unknown).toEqual([]);
  });
});
