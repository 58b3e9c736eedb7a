import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { chromium, type Browser } from '@playwright/test';
import { findChromium } from '../../../resources/setup/chromium.mjs';

/**
 * From the start of the program to a window that can be used: the built web host and a fresh Chromium, ROUNDS times, each
 * with a new data folder. `npm run build` first; `--write` puts the table into results.md.
 */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' }, write: { type: 'boolean', default: false } } });
const root = resolve(import.meta.dirname, '../../..');
const ROUNDS = Number(values.rounds);

interface Times {
  /** Program started to address printed. */
  readonly hostMs: number;
  /** The rest from the beginning of the page's own clock. */
  readonly firstPaintMs: number;
  readonly meaningfulMs: number;
  readonly interactiveMs: number;
  /** A key pressed to the palette drawn. */
  readonly keyMs: number;
  /** A tile pressed to the filled-in form. */
  readonly designMs: number;
}

const LABELS: Readonly<Record<keyof Times, string>> = {
  hostMs: 'Program start to address', firstPaintMs: 'Page opened to first contentful paint', meaningfulMs: 'to first meaningful paint (templates drawn)',
  interactiveMs: 'to interactive (first idle 50 ms after it)', keyMs: 'Ctrl K to the command palette', designMs: 'Template to the filled-in form',
};

async function round(browser: Browser): Promise<Times> {
  const data = mkdtempSync(join(tmpdir(), 'servescape-start-'));
  const began = performance.now();
  const program = spawn(process.execPath, [join(root, 'out/main/serve.js'), '--no-open'], { env: { ...process.env, SERVESCAPE_DATA: data }, stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    let address = '';
    for await (const line of createInterface({ input: program.stdout })) {
      address = /runs at (http:\S+)/.exec(line)?.[1] ?? '';
      if (address !== '') break;
    }
    const hostMs = performance.now() - began;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.addInitScript(watchStart);
    await page.goto(address);
    const start = await page.waitForFunction(() => (globalThis as unknown as { start?: Start }).start?.interactiveMs && (globalThis as unknown as { start: Start }).start);
    const { firstPaintMs, meaningfulMs, interactiveMs } = await start.jsonValue() as Start;
    const timed = async (act: () => Promise<void>): Promise<number> => {
      const from = performance.now();
      await act();
      return performance.now() - from;
    };
    const keyMs = await timed(async () => {
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    });
    await page.keyboard.press('Escape');
    const designMs = await timed(async () => {
      await page.getByRole('button', { name: /^Digits/ }).first().click();
      await page.getByRole('heading', { name: 'Design the study' }).waitFor();
    });
    await context.close();
    return { hostMs, firstPaintMs, meaningfulMs, interactiveMs, keyMs, designMs };
  } finally {
    program.kill('SIGINT');
    if (program.exitCode === null) await once(program, 'exit');
    rmSync(data, { recursive: true, force: true });
  }
}

interface Start { firstPaintMs: number; meaningfulMs: number; interactiveMs: number }

/** Runs in the page before its own code: notes when the templates are drawn, and the first quiet 50 ms after that. */
function watchStart(): void {
  const start: Start = { firstPaintMs: 0, meaningfulMs: 0, interactiveMs: 0 };
  Object.assign(globalThis, { start });
  const observer = new MutationObserver(() => {
    if (document.querySelector('.templates .template') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      start.firstPaintMs = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
      start.meaningfulMs = performance.now();
      idle(start.meaningfulMs);
    }));
  });
  const idle = (from: number): void => {
    setTimeout(() => {
      const now = performance.now();
      // A timer that comes on time means that nothing long was in its way.
      if (now - from < 60) start.interactiveMs = from;
      else idle(now);
    }, 50);
  };
  document.addEventListener('DOMContentLoaded', () => observer.observe(document.documentElement, { childList: true, subtree: true }));
}

const executablePath = findChromium();
const browser = await chromium.launch({ ...(executablePath !== null && { executablePath }), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
const rounds: Times[] = [];
for (let i = 0; i < ROUNDS; i++) rounds.push(await round(browser));
const version = browser.version();
await browser.close();

const whole = (ms: number): string => Math.round(ms).toLocaleString('en');
const rows = (Object.keys(LABELS) as (keyof Times)[]).map((key) => {
  const sorted = rounds.map((times) => times[key]).toSorted((a, b) => a - b);
  return `| ${LABELS[key]} | ${whole(sorted[Math.floor(sorted.length / 2)]!)} | ${whole(sorted[0]!)} | ${whole(sorted.at(-1)!)} |`;
});
const table = ['| ms | median | least | most |', '|---|---:|---:|---:|', ...rows].join('\n');
console.log(table);
if (values.write) {
  const facts = `${ROUNDS} rounds, each with a new data folder and a fresh browser profile. ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.versions.node}, Chromium ${version}, headless.`;
  writeFileSync(join(import.meta.dirname, 'results.md'), `# From start to a usable window\n\nMade by \`npm run bench:start -- --write\` after \`npm run build\`. ${facts}\n\n${table}\n`);
}
