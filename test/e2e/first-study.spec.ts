import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './program.ts';
import { continueStudy, finishedTrials, goTo, openFile, saveAs, setField, startFromTemplate, startStudy, stopNow, waitForTrials } from './page-steps.ts';

const TRIALS = 7;

test.beforeEach(async ({ page, program }) => {
  await page.goto(await program.start());
  await expect(page.getByRole('heading', { name: 'Start a study' })).toBeVisible();
});

test('real replicas: new project, run, stop, save, close, reopen, continue to the end', async ({ page, program, faults }) => {
  await startFromTemplate(page, /^Digits/);
  await setField(page, 'Random first (trials)', '3');
  await setField(page, 'Then Bayesian (trials)', String(TRIALS - 3));
  await setField(page, 'Requests per trial', '700');
  await startStudy(page);
  await waitForTrials(page, 2);
  await stopNow(page);
  const stoppedAt = await finishedTrials(page);
  expect(stoppedAt).toBeLessThan(TRIALS);

  await saveAs(page, 'lab 1');
  await expect(page.getByRole('status').filter({ hasText: /Saved as .*lab 1\.servescape/ })).toBeAttached();
  expect(existsSync(join(program.home, 'lab 1.servescape'))).toBe(true);

  faults.length = 0;
  expect(await program.stop()).toBe(0);
  // What the browser logs about the lost connection is expected here.
  await expect(page.getByRole('log')).toContainText('stopped answering');
  await page.goto('about:blank');
  faults.length = 0;

  await page.goto(await program.start());
  await openFile(page, 'lab 1.servescape');
  await goTo(page, 'Run');
  expect(await finishedTrials(page)).toBe(stoppedAt);
  await continueStudy(page);
  await waitForTrials(page, TRIALS);
  await goTo(page, 'Results');
  await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toContainText(/\d+(\.\d+)? ms/);
});

test('killed in the middle: the file is whole, the study says what happened and continues', async ({ page, program, faults }) => {
  await startFromTemplate(page, /^Digits/);
  await setField(page, 'Random first (trials)', '2');
  await setField(page, 'Then Bayesian (trials)', '2');
  await setField(page, 'Requests per trial', '300');
  await saveAs(page, 'cut off');
  await startStudy(page);
  await waitForTrials(page, 1);
  await program.kill();
  await page.goto('about:blank');
  faults.length = 0;

  await page.goto(await program.start());
  await openFile(page, 'cut off.servescape');
  await goTo(page, 'Run');
  expect(await finishedTrials(page)).toBeGreaterThanOrEqual(1);
  await continueStudy(page);
  await waitForTrials(page, 4);
});

test('the simulated lab runs all 50 trials; a reload of the page loses nothing', async ({ page, faults }) => {
  await startFromTemplate(page, /^Simulated lab/);
  await startStudy(page);
  await waitForTrials(page, 5);
  await page.reload();
  await goTo(page, 'Run');
  await waitForTrials(page, 50);
  await goTo(page, 'Results');
  await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toBeVisible();
  expect(faults).toEqual([]);
});

test('a field that cannot be used is refused in words, and the study does not start', async ({ page, faults }) => {
  await startFromTemplate(page, /^Digits/);
  await setField(page, 'Concurrent requests (in flight)', '5000');
  await expect(page.getByRole('button', { name: /field to fix/ })).toBeVisible();
  await expect(page.getByText(/1,?000/).first()).toBeVisible();
  await setField(page, 'Concurrent requests (in flight)', '8');
  await expect(page.getByRole('button', { name: /field to fix/ })).toBeHidden();
  expect(faults).toEqual([]);
});
