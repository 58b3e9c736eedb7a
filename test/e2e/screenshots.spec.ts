import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './program.ts';
import { layoutFaults } from './layout-faults.ts';
import { chooseCommand, showGuide, showMachine, showScale } from './screens.ts';
import { goTo, saveAs, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';

/** The pictures of the README and guide, of a real study. Made on request: SERVESCAPE_SCREENSHOTS=1 (see README.md here). */
const folder = resolve(import.meta.dirname, '../../resources/screenshots');
const STARTUP_TRIALS = 12;
const MODEL_TRIALS = 18;
const REQUESTS = '1500';
/** Few, so that replicas and load generator have room on a small machine too. */
const CONCURRENCY = '4';
const SIZES = [[1920, 1080, '-1920'], [1280, 800, '']] as const;

/** Light and dark at both sizes; NAME-light.png is the one the documents show. */
async function picture(page: Page, name: string): Promise<void> {
  for (const [width, height, suffix] of SIZES) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}${suffix}.png`), animations: 'disabled' });
    }
    expect.soft((await layoutFaults(page)).map((fault) => `${name} at ${width}: ${fault}`)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

test.beforeEach(() => mkdir(folder, { recursive: true }));

test('pictures of the program', async ({ page, program }) => {
  test.setTimeout(10 * 60_000);
  await page.goto(await program.start());
  await expect(page.getByText(/^Ready for studies/)).toBeVisible();
  await picture(page, 'welcome');
  await showMachine(page, (name) => picture(page, name));
  await page.keyboard.press('Control+,');
  await expect(page.getByRole('dialog', { name: 'Preferences' })).toBeVisible();
  await picture(page, 'preferences');
  await page.keyboard.press('Escape');
  await showGuide(page, async (name) => (name === 'guide' ? picture(page, name) : undefined));
});

test('pictures of a real study', async ({ page, program }) => {
  test.setTimeout(40 * 60_000);
  await page.goto(await program.start());
  await startFromTemplate(page, /^Digits/);
  await setField(page, 'Random first (trials)', String(STARTUP_TRIALS));
  await setField(page, 'Then Bayesian (trials)', String(MODEL_TRIALS));
  await setField(page, 'Requests per trial', REQUESTS);
  await setField(page, 'Concurrent requests', CONCURRENCY);
  await saveAs(page, 'Digits lab');
  await page.getByRole('heading', { name: 'Design the study' }).click();
  await expect(page.locator('span', { hasText: /^Saved as/ })).toBeHidden({ timeout: 15_000 });
  await picture(page, 'design');

  await startStudy(page);
  await waitForTrials(page, STARTUP_TRIALS + 6, 15 * 60_000);
  await expect(page.getByText(/[1-9][\d,]* of 1,500 requests/)).toBeVisible({ timeout: 60_000 });
  await picture(page, 'run');
  await waitForTrials(page, STARTUP_TRIALS + MODEL_TRIALS, 15 * 60_000);
  await goTo(page, 'Results');
  await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toBeVisible();
  await picture(page, 'results');
  await showScale(page, '10,000');
  await picture(page, 'scale');

  await chooseCommand(page, 'New study from this one');
  await setField(page, 'Random first (trials)', '5');
  await setField(page, 'Then Bayesian (trials)', '5');
  await setField(page, 'Requests per trial', '300');
  const levels = page.getByRole('textbox', { name: 'Add to Values to go through' });
  for (const level of ['1', '2', '4', '8']) {
    await levels.fill(level);
    await levels.press('Enter');
  }
  await page.getByRole('switch', { name: 'Compare with random' }).click();
  await page.getByRole('button', { name: 'Start duel' }).click();
  // What is left to run goes away with the last study.
  const progress = page.getByRole('progressbar', { name: 'Studies finished' });
  await expect(progress).toBeVisible();
  await expect(progress).toBeHidden({ timeout: 20 * 60_000 });
  await picture(page, 'compare');
});
