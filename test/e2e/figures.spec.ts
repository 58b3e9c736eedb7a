import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { differences, isNear, paintedOver, rgbOf, signatureOf, type Palette, type Signature } from './figure-signature.ts';
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

const ROLES = ['random', 'bayes', 'best', 'failed', 'neutral', 'baseline'];
const THEMES = ['light', 'dark'] as const;

interface Figure {
  /** "Fig 4" of the report. */
  readonly name: string;
  readonly at: Locator;
  /** What its axes say, from the first panel to the foot. */
  readonly axes?: readonly string[];
}

async function paletteOf(page: Page): Promise<Palette> {
  const tokens = ['--bg', ...ROLES.map((role) => `--chart-${role}`)];
  const [background, ...roles] = (await page.evaluate((names) => names.map((name) => getComputedStyle(document.documentElement).getPropertyValue(name)), tokens)).map(rgbOf);
  return { background: background!, roles: Object.fromEntries(ROLES.map((role, i) => [role, roles[i]!])) };
}

/** Two pictures in a row are alike: nothing is being read or laid out any more. */
async function pictureOf(at: Locator): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  await expect.poll(async () => {
    const before = bytes;
    bytes = await at.screenshot({ animations: 'disabled' });
    return before.equals(bytes);
  }, { intervals: [100] }).toBe(true);
  return bytes;
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
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const palette = await paletteOf(page);
    for (const { name, at } of figures) {
      const picture = await pictureOf(at);
      await test.info().attach(`${name}, ${theme}`, { body: picture, contentType: 'image/png' });
      const seen = signatureOf(picture, palette);
      if (update && theme === 'light') known[name] = seen;
      expect.soft(differences(seen, known[name]!), `${name}, ${theme}`).toEqual([]);
      expect.soft(await isClipped(at), `${name}, ${theme}: ink at the edge of the plot`).toBe(false);
      if (theme === 'light') proveThatItSees(name, picture, palette);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  for (const { name, at, axes } of figures) if (axes) expect.soft(await at.locator('.ytitle, .xtitle').allInnerTexts(), `${name}: axes`).toEqual(axes);
}

/** The same picture without one series, without its left edge, and in the other theme's colours is not taken for the figure. */
function proveThatItSees(name: string, picture: Buffer, palette: Palette): void {
  const reference = known[name]!;
  const notice = (what: string, changed: Signature): void => expect.soft(differences(changed, reference).length, `${name} ${what} is noticed`).toBeGreaterThan(0);
  for (const role of Object.keys(reference).filter((layer) => layer in palette.roles)) {
    notice(`without ${role}`, signatureOf(paintedOver(picture, palette, (colour) => isNear(colour, palette.roles[role]!)), palette));
  }
  notice('without what stands on the left', signatureOf(paintedOver(picture, palette, (_, x) => x < 0.12), palette));
  notice('without what stands at the foot', signatureOf(paintedOver(picture, palette, (_, __, y) => y > 0.9), palette));
  notice('in other colours', signatureOf(picture, { ...palette, background: palette.roles['baseline']! }));
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
    { name: 'Fig 6, best of each', at: chart(/^Best of each/) }, { name: 'Fig 6, gain', at: chart(/^Gain trend/) },
    { name: 'Fig 7', at: chart(/^Spread of round trips/) }, { name: 'Table 1', at: chart(/^Table 1/) },
  ]);
  await page.getByRole('radio', { name: 'Line, CPU' }).click();
  await check(page, [{ name: 'Fig 4', at: chart(/^Mean by concurrency/) }]);
  await goTo(page, 'Results');
  await check(page, [{ name: 'Fig 5', at: chart(/^Search history/) }]);
  await goTo(page, 'Run');
  await check(page, [{ name: 'Fig 1', at: page.getByRole('region', { name: 'Architecture' }) }]);
  await goTo(page, 'Results');
  await tab('Load');
  await level(/^5 concurrent, Bayesian/);
  await check(page, [{ name: 'Fig 2', at: chart(/^Round trips of trial/) }, { name: 'Figs 1 and 2 of the proposal', at: chart(/^First requests/) }]);
  await level(/^20 concurrent, Bayesian/);
  await check(page, [{ name: 'Fig 3', at: chart(/^Round trips of trial/) }]);
  if (update) writeFileSync(BASELINE, `${JSON.stringify(known, null, 1)}\n`);
  expect(faults).toEqual([]);
});
