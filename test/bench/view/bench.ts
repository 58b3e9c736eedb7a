/**
 * `npm run bench:view [-- --write]`: how long Results takes to open and how evenly it answers, with 0, 1 and 10,000 trials and
 * with 1,000,000 round trips, in headless Chromium against the built program. `--write` puts the table into results.md.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Page } from '@playwright/test';
import { findChromium } from '../../../resources/setup/chromium.mjs';

const root = resolve(import.meta.dirname, '../../..');
const REPEATS = 4;
/** `--quick` tries the script itself, with a fiftieth of everything; its numbers say nothing. */
const SHRINK = process.argv.includes('--quick') ? 50 : 1;
const CASES = [
  { name: '0 trials', trials: 0, requests: 0 }, { name: '1 trial', trials: 1, requests: 3413 },
  { name: '10,000 trials', trials: 10_000 / SHRINK, requests: 3413 }, { name: '1,000,000 round trips', trials: 50, requests: 1_000_000 / SHRINK },
];
/** A frame longer than this is one a person notices. */
const LONG_FRAME_MS = 100;

const folder = mkdtempSync(join(tmpdir(), 'servescape-view-'));
const home = join(folder, 'home');
mkdirSync(home);
for (const { name, trials, requests } of CASES) {
  const beganMs = performance.now();
  execFileSync(process.execPath, [join(import.meta.dirname, 'projects.ts'), join(home, `${name}.servescape`), String(trials), String(requests)], { stdio: 'inherit' });
  console.error(`${name}: project written in ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
}

const program = spawn(process.execPath, [join(root, 'out/main/serve.js'), '--no-open'], { env: { ...process.env, HOME: home, USERPROFILE: home, SERVESCAPE_DATA: join(folder, 'data') }, stdio: ['pipe', 'pipe', 'inherit'] });
const address = await new Promise<string>((found) => {
  createInterface({ input: program.stdout }).on('line', (line) => {
    const at = /^Servescape runs at (http:\S+)$/.exec(line)?.[1];
    if (at !== undefined) found(at);
  });
});
const executablePath = findChromium();
const browser = await chromium.launch({ ...(executablePath !== null && { executablePath }), args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
page.on('pageerror', ({ message }) => console.error(`page: ${message}`));
await page.goto(address);
await page.getByText(/^Ready for studies/).waitFor();

interface Row {
  readonly name: string;
  readonly openMs: readonly number[];
  readonly actions: readonly { readonly what: string; readonly frames: readonly number[] }[];
}

/** From the press on the file until Results has drawn everything it draws without being asked, ms. */
async function open(name: string, empty: boolean): Promise<number> {
  await page.keyboard.press('Control+O');
  const entry = page.getByRole('dialog', { name: 'Open a project' }).getByRole('button', { name: new RegExp(`^${name}\\.servescape`) });
  await entry.waitFor();
  const beganMs = performance.now();
  await entry.click();
  await page.getByRole('navigation', { name: 'Project' }).getByRole('button', { name: new RegExp(`^${name}`) }).waitFor();
  if (empty) await page.getByRole('main', { name: 'Design' }).waitFor();
  else {
    await page.getByRole('main', { name: 'Results' }).waitFor();
    await page.locator('figure canvas[role=img]').nth(5).waitFor();
    await page.getByText('Reading round trips…').waitFor({ state: 'detached' });
    // A figure has its second canvas, for what is selected, once it is drawn.
    while (await page.evaluate(() => document.querySelector('figure canvas[role=img]:not(:has(+ canvas))') !== null)) await drawn();
    await drawn();
  }
  return performance.now() - beganMs;
}

function drawn(): Promise<void> {
  return page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
}

/** Times between frames while `act` goes on, ms. */
async function frames(act: () => Promise<void>): Promise<readonly number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    let last = performance.now();
    let going = true;
    const tick = (now: number): void => {
      times.push(now - last);
      last = now;
      if (going) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(window, { endFrames: () => ((going = false), times) });
  });
  await act();
  await drawn();
  return page.evaluate(() => (window as unknown as { endFrames: () => number[] }).endFrames());
}

async function across(of: Page, selector: string, steps: number, along: 'x' | 'y', press: boolean): Promise<void> {
  const box = (await of.locator(selector).first().boundingBox())!;
  const at = (share: number): [number, number] => (along === 'x' ? [box.x + box.width * share, box.y + box.height * 0.55] : [box.x + box.width / 2, box.y + box.height * share]);
  await of.mouse.move(...at(0.1));
  if (press) await of.mouse.down();
  for (let i = 1; i <= steps; i++) await of.mouse.move(...at(0.1 + (0.75 * i) / steps));
  if (press) await of.mouse.up();
}

const rows: Row[] = [];
for (const { name, trials } of CASES) {
  const openMs: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    openMs.push(await open(name, trials === 0));
    if (i < REPEATS - 1) await page.getByRole('button', { name: 'Welcome screen' }).click();
  }
  console.error(`${name}: opened in ${openMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  const actions: { what: string; frames: readonly number[] }[] = [];
  const measure = async (what: string, act: () => Promise<void>): Promise<void> => {
    const beganMs = performance.now();
    actions.push({ what, frames: await frames(act) });
    console.error(`${name}: ${what} took ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  };
  if (trials > 1) {
    const tab = (tabName: string): Promise<void> => page.getByRole('tab', { name: tabName, exact: true }).click();
    await page.getByText(/^Asking the model/).first().waitFor({ state: 'detached', timeout: 120_000 }).catch(() => undefined);
    await measure('pointer over the history', () => across(page, 'figure .plot', 40, 'x', false));
    await measure('brush on an axis', () => across(page, '.track', 40, 'y', true));
    await page.getByRole('button', { name: 'Reset' }).click();
    for (const view of ['Load', 'Resources']) await measure(`to ${view}`, () => tab(view));
    await measure('to Trials', () => tab('Trials'));
    await measure('scrolling the trials', async () => {
      await page.getByRole('region', { name: 'All trials' }).hover();
      for (let i = 0; i < 40; i++) await page.mouse.wheel(0, 600);
    });
    await tab('Overview');
    await page.keyboard.press('Escape');
    await measure('from trial to trial', async () => {
      for (let i = 0; i < 15; i++) await page.keyboard.press('j');
    });
  }
  rows.push({ name, openMs, actions });
  await page.getByRole('button', { name: 'Welcome screen' }).click();
}
await browser.close();
program.kill('SIGINT');
rmSync(folder, { recursive: true, force: true });

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const lines = [
  `| project | opening (ms) | again, median of ${REPEATS - 1} (ms) | interaction | frames | longest (ms) | over ${LONG_FRAME_MS} ms |`, '|---|--:|--:|---|--:|--:|--:|',
  ...rows.flatMap(({ name, openMs, actions }) => (actions.length === 0 ? [{ what: '–', frames: [] }] : actions).map(({ what, frames: times }, i) =>
    `| ${i === 0 ? name : ''} | ${i === 0 ? openMs[0]!.toFixed(0) : ''} | ${i === 0 ? median(openMs.slice(1)).toFixed(0) : ''} | ${what} | ${times.length} | ${times.length === 0 ? '–' : Math.max(...times).toFixed(0)} | ${times.filter((ms) => ms > LONG_FRAME_MS).length} |`)),
];
console.log(lines.join('\n'));
if (process.argv.includes('--write') && SHRINK === 1) {
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, no GPU, ${process.platform}, Node ${process.version}, headless Chromium, ${new Date().toISOString().slice(0, 10)}`;
  writeFileSync(join(import.meta.dirname, 'results.md'), `# Scale of the view\n\n\`npm run bench:view -- --write\` on ${machine}.\nOpening is from the press on the file until Results has drawn every figure; goal: under 2,000 ms. The first reads the file, the next finds it open.\n\n${lines.join('\n')}\n`);
}
