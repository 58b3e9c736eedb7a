import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { PNG } from 'pngjs';
import { countColour, inkDifference, inkMap, readPng, rgbOf, type Box } from './figure-pixels.ts';
import { openFile } from './page-steps.ts';
import { expect, test } from './program.ts';

/**
 * Every figure of the report and the ones beside it, drawn in a browser from one stored project, light and dark: the ink lies
 * where `figures.json` says, the colours are those of the roles, every chart has its table.
 * SERVESCAPE_UPDATE_FIGURES=1 writes `figures.json` anew; look at the pictures before committing it.
 */
type Role = 'random' | 'bayes' | 'best' | 'failed' | 'neutral';

interface Figure {
  /** Beginning of its heading, or the name of its region. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** Drawn by the model of the moment: only its colours are compared. */
  readonly modelled?: boolean;
  /** Not a chart: no table twin. */
  readonly plain?: boolean;
}

const BASELINE = join(import.meta.dirname, 'figures.json');
const update = process.env['SERVESCAPE_UPDATE_FIGURES'] === '1';
const known = (update ? {} : JSON.parse(readFileSync(BASELINE, 'utf8'))) as Record<string, readonly string[]>;

function figureOf(page: Page, { name, plain = false }: Figure): Locator {
  return plain ? page.getByRole('region', { name, exact: true }) : page.locator('figure').filter({ has: page.getByRole('heading', { name: new RegExp(`^${name}`) }) });
}

/** Two pictures in a row are alike: nothing is being asked, read or laid out any more. */
async function steady(page: Page): Promise<PNG> {
  await expect(page.getByText(/^(Asking the model|Reading round trips)/)).toHaveCount(0, { timeout: 60_000 });
  await page.waitForFunction(() => [...document.querySelectorAll<HTMLCanvasElement>('figure canvas')].every((canvas) => canvas.width > 0 && canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)));
  let before: Buffer = Buffer.alloc(0);
  let bytes: Buffer = Buffer.alloc(0);
  await expect.poll(async () => {
    before = bytes;
    bytes = await page.screenshot({ animations: 'disabled' });
    return before.equals(bytes);
  }, { timeout: 30_000, intervals: [150] }).toBe(true);
  return readPng(bytes);
}

async function check(page: Page, view: string, figures: readonly Figure[]): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const png = await steady(page);
    const colour = async (token: string) => rgbOf(await page.evaluate((name) => getComputedStyle(document.documentElement).getPropertyValue(name), token));
    const background = await colour('--bg');
    for (const figure of figures) {
      const box = (await figureOf(page, figure).boundingBox()) as Box;
      const key = `${view}: ${figure.name}`;
      const map = inkMap(png, box, background);
      expect.soft(map.join('').replaceAll('0', '').length, `${key}, ${theme}: ink`).toBeGreaterThan(30);
      for (const role of figure.roles) expect.soft(countColour(png, box, await colour(`--chart-${role}`)), `${key}, ${theme}: ${role}`).toBeGreaterThan(8);
      if (figure.modelled === true) continue;
      if (update && theme === 'light') known[key] = map;
      const { mean, far } = inkDifference(map, known[key] ?? []);
      expect.soft(mean, `${key}, ${theme}: ink lies elsewhere\n${map.join('\n')}`).toBeLessThan(0.6);
      expect.soft(far, `${key}, ${theme}: ink lies elsewhere\n${map.join('\n')}`).toBeLessThan(0.1);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  for (const figure of figures.filter(({ plain, name }) => plain !== true && name !== 'Table 1')) {
    const chart = figureOf(page, figure);
    await chart.getByRole('button', { name: /as table$/ }).click();
    await expect.soft(chart.getByRole('region', { name: /, table$/ }).locator('tbody tr').first(), `${figure.name}: its table`).toBeVisible();
    await chart.getByRole('button', { name: /as chart$/ }).click();
  }
}

test('every figure of a stored project, light and dark, with its table', async ({ page, program, faults }) => {
  test.setTimeout(900_000);
  const address = await program.start();
  const stored = join(program.home, 'Report.servescape');
  execFileSync(process.execPath, ['--input-type=module', '--eval', `const { storeDuel } = await import(${JSON.stringify(join(import.meta.dirname, '../project/stored-duel.ts'))}); storeDuel(process.argv[1]);`, stored], { stdio: 'inherit' });
  await page.goto(address);
  await openFile(page, 'Report.servescape');
  const step = (name: string): Promise<void> => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name }).click();
  const tab = (name: string): Promise<void> => page.getByRole('tab', { name, exact: true }).click();

  await check(page, 'Overview', [
    { name: 'Search history', roles: ['random', 'bayes', 'best', 'failed'] }, { name: 'Latency against CPU', roles: ['random', 'bayes', 'best', 'failed'] },
    { name: 'What matters', roles: ['neutral'], modelled: true }, { name: 'Round trips of trial', roles: ['bayes', 'neutral', 'failed'] },
    { name: 'By parameter', roles: ['random', 'bayes', 'best', 'failed'] }, { name: 'Share of trials', roles: ['random', 'bayes', 'failed'] },
    { name: 'Parallel coordinates', roles: ['best'] },
  ]);
  await tab('Search');
  await check(page, 'Search', [
    { name: 'What the model believes', roles: ['best'], modelled: true }, { name: 'Contour of the model', roles: ['random', 'bayes'], modelled: true },
    { name: 'Model check', roles: ['bayes'], modelled: true }, { name: 'Front over time', roles: ['random', 'bayes', 'best', 'failed'] },
  ]);
  await tab('Load');
  await check(page, 'Load', [{ name: 'Round trips of trial', roles: ['bayes', 'neutral', 'failed'] }, { name: 'First requests', roles: ['bayes', 'neutral'] }, { name: 'Throughput against latency', roles: ['random', 'bayes', 'best', 'failed'] }]);
  await tab('Resources');
  await check(page, 'Resources', [{ name: 'CPU and memory', roles: ['random', 'bayes', 'failed'] }, { name: 'Replicas of trial', roles: [] }, { name: 'Time per trial', roles: ['failed'] }, { name: 'Throttling, queue, batch', roles: ['random', 'bayes', 'failed'] }]);

  await step('Run');
  await check(page, 'Run', [{ name: 'Architecture', roles: ['neutral'], plain: true }]);

  await step('Compare');
  await check(page, 'Compare', [
    { name: 'Best so far', roles: ['random', 'bayes'] }, { name: 'Best of each', roles: ['random', 'bayes'] }, { name: 'Gain trend', roles: ['bayes', 'neutral'] },
    { name: 'Spread of round trips', roles: ['random', 'bayes', 'neutral'] }, { name: 'Table 1', roles: [] },
  ]);
  await page.getByRole('radio', { name: 'Line, CPU' }).click();
  await check(page, 'Compare', [{ name: 'Mean by concurrency', roles: ['bayes', 'neutral'] }]);

  await page.getByRole('navigation', { name: 'Project' }).getByRole('button', { name: /^Duel/ }).click();
  await page.getByRole('menuitem', { name: /5 concurrent, Bayesian/ }).first().click();
  await step('Results');
  await tab('Load');
  await check(page, 'Load, 5 concurrent', [{ name: 'Round trips of trial', roles: ['bayes', 'neutral'] }]);
  if (update) writeFileSync(BASELINE, `${JSON.stringify(known, null, 1)}\n`);
  expect(faults).toEqual([]);
});
