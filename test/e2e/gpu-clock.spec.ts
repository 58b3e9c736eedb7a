import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { enterStandIn, installStandIn, type StandIn } from '../hardware/gpu/stand-in.ts';
import { expect, test } from './program.ts';
import { goTo, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';
import type { Page } from '@playwright/test';

/** With a stand-in for nvidia-smi: a card whose clock can be set. The built-in server does not use it; setting and giving back is what is looked at. */
let standIn: StandIn;
let leave: () => void;

test.beforeEach(async ({ page, program }) => {
  standIn = installStandIn({ utilisation: 80 });
  leave = enterStandIn(standIn);
  await page.goto(await program.start());
});
test.afterEach(() => {
  leave();
  standIn.remove();
});

const settings = (): string[] => standIn.calls().map(({ args }) => args[2] ?? '').filter((flag) => /^-(ac|rac)$/.test(flag));
const clocks = (): unknown => standIn.state().cards.map(({ application, locked }) => [application, locked]);

async function searchClock(page: Page): Promise<void> {
  await startFromTemplate(page, /^Digits/);
  const clock = page.getByRole('switch', { name: 'Search GPU clock' });
  await expect(clock).not.toHaveAttribute('aria-disabled', 'true');
  await clock.click();
  await expect(page.getByRole('switch', { name: 'Search GPU clock', checked: true })).toBeVisible();
  await expect(page.getByText('1740')).toBeVisible();
  await setField(page, 'Random first (trials)', '2');
  await setField(page, 'Then Bayesian (trials)', '1');
  await setField(page, 'Requests per trial', '600');
}

test('a study over the GPU clock, for energy, gives the clock back after every trial', async ({ page, faults }) => {
  await searchClock(page);
  await page.getByRole('combobox', { name: 'Minimise' }).click();
  await page.getByRole('option', { name: 'Energy per request (J)' }).click();
  await expect(page.getByText('Read from: GPU power over time', { exact: false })).toBeVisible();
  await startStudy(page);
  await waitForTrials(page, 3);
  await goTo(page, 'Results');
  await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toContainText(/ J/);
  await expect.poll(settings).toEqual(['-ac', '-rac', '-ac', '-rac', '-ac', '-rac', '-ac', '-rac']);
  expect(clocks()).toEqual([[[7601, 1500], null]]);
  expect(faults).toEqual([]);
});

test('killed while a clock is set: the next start gives it back and says so', async ({ page, program, faults }) => {
  await searchClock(page);
  await setField(page, 'Requests per trial', '200000');
  await startStudy(page);
  // The first pair of calls is the trial before the run; the third call sets the first trial's clock.
  await expect.poll(() => settings().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(3);
  const data = join(program.home, '..', 'data');
  expect(existsSync(join(data, 'gpu-clocks.json'))).toBe(true);
  await program.kill();
  await page.goto('about:blank');
  faults.length = 0;

  await page.goto(await program.start());
  await expect(page.getByText(/was closed while a study had set the clock of GPU 0/)).toBeVisible();
  expect(clocks()).toEqual([[[7601, 1500], null]]);
  expect(existsSync(join(data, 'gpu-clocks.json'))).toBe(false);
});
