import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test as base, expect, type Page } from '@playwright/test';

/** The built web host as `npm start` runs it, with a home and data folder of its own. */
export interface Program {
  /** The user's home, where files can be saved. */
  readonly home: string;
  /** Starts the program and returns an address that works once. */
  start(): Promise<string>;
  /** Ends it as Ctrl+C does; resolves to its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

const root = resolve(import.meta.dirname, '../..');

/** One more of it in the same home, as another user's account or another copy of the program would be. */
export function anotherProgram({ home }: Program, dataFolder: string): Program {
  return programOf(home, dataFolder);
}

function programOf(home: string, dataFolder: string): Program {
  let child: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  };
  return {
    home,
    start: async () => {
      child = spawn(process.execPath, [join(root, 'out/main/serve.js'), '--no-open'], {
        env: { ...process.env, HOME: home, USERPROFILE: home, SERVESCAPE_DATA: dataFolder }, stdio: ['pipe', 'pipe', 'inherit'],
      });
      for await (const line of createInterface({ input: child.stdout! })) {
        const address = /^Servescape runs at (http:\S+)$/.exec(line)?.[1];
        if (address) return address;
      }
      throw new Error('The program ended before it printed its address.');
    },
    stop: () => end('SIGINT'),
    kill: async () => void (await end('SIGKILL')),
  };
}

export const test = base.extend<{ program: Program; faults: string[] }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads from this pattern which fixtures to make
  program: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'servescape-e2e-'));
    const home = join(folder, 'home');
    await mkdir(home);
    const program = programOf(home, join(folder, 'data'));
    await use(program);
    await program.stop();
    await rm(folder, { recursive: true, force: true });
  },
  /** What the page complains about; must stay empty. */
  faults: async ({ page }, use) => {
    const faults = collectFaults(page);
    await use(faults);
    expect(faults).toEqual([]);
  },
});

function collectFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  return faults;
}

export { expect };
