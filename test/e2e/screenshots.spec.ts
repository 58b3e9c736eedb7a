import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './program.ts';
import { goTo, saveAs, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';

/** The pictures of the README and guide, of a real study. Made on request: SERVESCAPE_SCREENSHOTS=1 (see README.md here). */
const folder = resolve(import.meta.dirname, '../../resources/screenshots');
const STARTUP_TRIALS = 12;
const MODEL_TRIALS = 18;

async function picture(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), animations: 'disabled' });
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

test('pictures of a real study', async ({ page, program }) => {
  test.setTimeout(20 * 60_000);
  await mkdir(folder, { recursive: true });
  await page.goto(await program.start());
  await expect(page.getByText(/^Ready for studies/)).toBeVisible();
  await picture(page, 'welcome');

  await startFromTemplate(page, /^Digits/);
  await setField(page, 'Random first (trials)', String(STARTUP_TRIALS));
  await setField(page, 'Then Bayesian (trials)', String(MODEL_TRIALS));
  await saveAs(page, 'Digits lab');
  await page.getByRole('heading', { name: 'Design the study' }).click();
  await expect(page.locator('span', { hasText: /^Saved as/ })).toBeHidden({ timeout: 15_000 });
  await picture(page, 'design');

  await startStudy(page);
  await waitForTrials(page, STARTUP_TRIALS + 6, 10 * 60_000);
  await expect(page.getByText(/[1-9][\d,]* of 3,413 requests/)).toBeVisible({ timeout: 60_000 });
  await picture(page, 'run');
  await waitForTrials(page, STARTUP_TRIALS + MODEL_TRIALS, 15 * 60_000);
  await goTo(page, 'Results');
  await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toBeVisible();
  await picture(page, 'results');
});
