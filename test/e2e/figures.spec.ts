import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { cut, differences, isOf, paintedOver, readPicture, rgbOf, signatureOf, toPng, type Palette, type Picture, type Signature } from './figure-signature.ts';
import { goTo, openFile } from './page-steps.ts';
import { expect, test } from './program.ts';

/**
 * The figures and the table of the report, drawn in a browser from one stored project, light and dark. Each picture is held
 * against its signature in `figures.json`, one for both themes. SERVESCAPE_UPDATE_FIGURES=1 writes that file anew; the pictures
 * are attached (`test-results/`): look at them before committing it.
 */
const BASELINE = join(import.meta.dirname, 'figures.json');
const update = process.env['SERVESCAPE_UPDATE_FIGURES'] === '1';
const known = (update ? {} : JSON.parse(readFileSync(BASELINE, 'utf8'))) as Record<string, Signature>;

const LEVELS = 'Concurrent requests';
const TABLE_HEAD = ['Concurrent', 'Items per request', 'Replicas', 'CPU (cores)', 'Memory (MB)', 'Max batch (items)', 'Timeout (µs)', 'Mean round trip (ms)', '± 95 % (ms)', 'Gain (%)'];
const THEMES = ['light', 'dark'] as const;

interface Figure {
  /** "Fig 4" of the report. */
  readonly name: string;
  readonly at: Locator;
  /** Colours of its series, by role; thin grey lines count as other ink. */
  readonly roles: readonly string[];
  /** What its axes or the heads of its columns say. */
  readonly axes?: readonly string[];
}

async function paletteOf(page: Page, roles: readonly string[]): Promise<Palette> {
  const tokens = ['--bg', ...roles.map((role) => `--chart-${role}`)];
  const [background, ...colours] = (await page.evaluate((names) => names.map((name) => getComputedStyle(document.documentElement).getPropertyValue(name)), tokens)).map(rgbOf);
  return { background: background!, roles: Object.fromEntries(roles.map((role, i) => [role, colours[i]!])) };
}

/** Whether the outermost pixels of some plot carry ink: a label that is cut off. */
function isClipped(at: Locator): Promise<boolean> {
  return at.locator('canvas').evaluateAll((all) => (all as HTMLCanvasElement[]).some((canvas) => {
    const { width, height } = canvas;
    const ink = canvas.getContext('2d')!;
    return [[0, 0, width, 1], [0, height - 1, width, 1], [0, 0, 1, height], [width - 1, 0, 1, height]].some(([x, y, w, h]) => ink.getImageData(x!, y!, w!, h!).data.some((value, i) => i % 4 === 3 && value > 60));
  }));
}

async function check(page: Page, figures: readonly Figure[]): Promise<void> {
  await expect(page.getByText(/^(Asking the model|Reading round trips)/)).toHaveCount(0);
  for (const { name, at, axes } of figures) if (axes) await expect.soft(at.locator('.ytitle, .xtitle, th'), `${name}: axes`).toHaveText(axes);
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    let shown: readonly Shown[] = [];
    let before = '';
    // Charts are drawn a frame after the theme has changed: look again until the picture is right, or no longer changes.
    const look = async (): Promise<readonly string[]> => {
      shown = await picturesOf(page, figures);
      const now = shown.map(({ seen }) => JSON.stringify(seen)).join('');
      if (update && theme === 'light' && now === before) for (const { name, seen } of shown) known[name] = seen;
      before = now;
      return shown.flatMap(({ name, seen }) => (known[name] === undefined ? [`${name} is not known`] : differences(seen, known[name]).map((text) => `${name}: ${text}`)));
    };
    await expect.configure({ soft: true }).poll(look, { intervals: [200], timeout: 60_000, message: theme }).toEqual([]);
    for (const { name, picture, palette, clipped } of shown) {
      await test.info().attach(`${name}, ${theme}`, { body: toPng(picture), contentType: 'image/png' });
      expect.soft(clipped, `${name}, ${theme}: ink at the edge of the plot`).toBe(false);
      if (theme === 'light') proveThatItSees(name, picture, palette);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  for (const figure of figures) if (figure.name !== 'Table 1') await checkExports(page, figure);
}

/** The same figure as a file: PNG and SVG with its series and units, CSV with its rows. */
async function checkExports(page: Page, { name, at, roles, axes = [] }: Figure): Promise<void> {
  const save = async (kind: string): Promise<Buffer> => {
    await at.getByRole('button', { name: /^Export / }).focus();
    await page.keyboard.press('Enter');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: kind }).click()]);
    return readFileSync(await download.path());
  };
  const { width, height, data } = readPicture(await save('Figure, PNG'));
  const palette = await paletteOf(page, roles);
  const seen = signatureOf({ width, height, data }, palette);
  for (const role of roles) expect.soft(seen[role]!.join(''), `${name}, PNG: ${role}`).toMatch(/[1-9]/);
  const svg = (await save('Figure, SVG')).toString();
  for (const axis of axes.slice(-1)) expect.soft(svg, `${name}, SVG`).toContain(axis);
  expect.soft((await save('Data, CSV')).toString().trim().split('\r\n').length, `${name}, CSV`).toBeGreaterThan(1);
}

interface Shown {
  readonly name: string;
  readonly picture: Picture;
  readonly palette: Palette;
  readonly seen: Signature;
  readonly clipped: boolean;
}

async function picturesOf(page: Page, figures: readonly Figure[]): Promise<readonly Shown[]> {
  const whole = readPicture(await page.screenshot({ animations: 'disabled' }));
  const shown: Shown[] = [];
  for (const { name, at, roles } of figures) {
    const [palette, box, clipped] = [await paletteOf(page, roles), await at.boundingBox(), await isClipped(at)];
    if (box === null) throw new Error(`${name} is not on screen.`);
    const picture = cut(whole, box);
    shown.push({ name, picture, palette, clipped, seen: signatureOf(picture, palette) });
  }
  return shown;
}

/** The same picture without one series, without what stands at an edge, or on another ground is not taken for the figure. */
function proveThatItSees(name: string, picture: Picture, palette: Palette): void {
  const reference = known[name]!;
  const notice = (what: string, changed: Signature): void => expect.soft(differences(changed, reference).length, `${name} ${what} is noticed`).toBeGreaterThan(0);
  for (const [role, ink] of Object.entries(palette.roles)) notice(`without ${role}`, signatureOf(paintedOver(picture, palette, (colour) => isOf(colour, ink, palette.background)), palette));
  notice('without what stands on the left', signatureOf(paintedOver(picture, palette, (_, x) => x < 0.12), palette));
  notice('without its lower third', signatureOf(paintedOver(picture, palette, (_, __, y) => y > 0.67), palette));
  notice('on another ground', signatureOf(picture, { ...palette, background: [128, 128, 128] }));
}

test('every figure of the report, drawn from a stored project, light and dark', async ({ page, program, faults }) => {
  const address = await program.start();
  const stored = join(program.home, 'Report.servescape');
  execFileSync(process.execPath, ['--input-type=module', '--eval', `const { storeDuel } = await import(${JSON.stringify(join(import.meta.dirname, '../project/stored-duel.ts'))}); storeDuel(process.argv[1]);`, stored], { stdio: 'inherit' });
  await page.goto(address);
  await openFile(page, 'Report.servescape');
  const chart = (title: RegExp): Locator => page.locator('figure').filter({ has: page.getByRole('heading', { name: title }) });
  const tab = (name: string): Promise<void> => page.getByRole('tab', { name, exact: true }).click();
  const level = async (to: RegExp): Promise<void> => {
    await page.getByRole('toolbar', { name: 'Filter for all charts' }).getByRole('button', { name: /concurrent/ }).click();
    await page.getByRole('menuitem', { name: to }).click();
  };

  await expect(page.getByRole('main', { name: 'Compare' })).toBeVisible();
  await check(page, [
    { name: 'Fig 6, best of each', at: chart(/^Best of each/), roles: ['random', 'bayes'], axes: ['Best mean round trip (ms)', LEVELS] }, { name: 'Fig 6, gain', at: chart(/^Gain trend/), roles: ['bayes'], axes: ['Gain of Bayesian over random (%)', LEVELS] },
    { name: 'Fig 7', at: chart(/^Spread of round trips/), roles: ['random', 'bayes'], axes: ['Round trip (ms)'] }, { name: 'Table 1', at: chart(/^Table 1/), roles: [], axes: TABLE_HEAD },
  ]);
  await page.getByRole('radio', { name: 'Line, CPU' }).click();
  await check(page, [{ name: 'Fig 4', at: chart(/^Mean by concurrency/), roles: ['bayes'], axes: ['Mean round trip (ms)', 'CPU in use, all replicas (cores)', LEVELS] }]);
  await goTo(page, 'Results');
  await check(page, [{ name: 'Fig 5', at: chart(/^Search history/), roles: ['random', 'bayes', 'best', 'failed'], axes: ['Mean round trip (ms, log scale)', 'Trial'] }]);
  await goTo(page, 'Run');
  await check(page, [{ name: 'Fig 1', at: page.getByRole('region', { name: 'Architecture' }), roles: ['neutral'] }]);

  await page.getByRole('navigation', { name: 'Project' }).getByRole('button', { name: /^Digits/ }).click();
  await page.getByRole('menuitem', { name: /5 concurrent, Bayesian/ }).first().click();
  await goTo(page, 'Results');
  await tab('Load');
  await check(page, [{ name: 'Fig 2', at: chart(/^Round trips of trial/), roles: ['bayes'], axes: ['Round trip (ms)', 'Request'] }, { name: 'Figs 1 and 2 of the proposal', at: chart(/^First requests/), roles: ['bayes'], axes: ['Every request Round trip (ms)', 'First 2 of each replica left out Round trip (ms)', 'Request'] }]);
  await level(/^20 concurrent, Bayesian/);
  await check(page, [{ name: 'Fig 3', at: chart(/^Round trips of trial/), roles: ['bayes'], axes: ['Round trip (ms)', 'Request'] }]);
  if (update) writeFileSync(BASELINE, `${JSON.stringify(known, null, 1)}\n`);
  expect(faults).toEqual([]);
});
