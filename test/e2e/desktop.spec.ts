import { expect, test } from './program.ts';
import { chooseCommand } from './screens.ts';
import { goTo, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';

const FIRST_STUDY_LIMIT_MS = 180_000;

test('a first visit: shown around to a finished study in under three minutes', async ({ page, program, faults }) => {
  const address = await program.start();
  const began = Date.now();
  await page.goto(address);
  await page.getByRole('button', { name: 'Show me around' }).click();
  const step = (title: string) => page.getByRole('dialog', { name: new RegExp(`^Tour, step \\d of \\d: ${title}$`) });
  await step('Pick a model').getByRole('button', { name: 'Take Digits' }).click();
  await step('Say what may change').getByRole('button', { name: 'Next' }).click();
  await step('See what it means').getByRole('button', { name: 'Start the study' }).click();
  await step('Watch it search').getByRole('button', { name: 'Next' }).click();
  await waitForTrials(page, 8, FIRST_STUDY_LIMIT_MS);
  const tookMs = Date.now() - began;
  await step('Every trial, with its reason').getByRole('button', { name: 'To the results' }).click();
  await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toBeVisible();
  await step('Read the answer').getByRole('button', { name: 'Done' }).click();
  test.info().annotations.push({ type: 'measured', description: `first finished study after ${Math.round(tookMs / 1000)} s` });
  expect(faults).toEqual([]);
});

test('the tour can be left at any step, and comes back from Help', async ({ page, program }) => {
  await page.goto(await program.start());
  await page.getByRole('button', { name: 'Show me around' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: /^Tour/ })).toBeHidden();
  await chooseCommand(page, 'Show me around');
  await page.getByRole('button', { name: 'Skip the tour' }).click();
  await expect(page.getByRole('dialog', { name: /^Tour/ })).toBeHidden();
});

test('keys, palette and preferences are one table', async ({ page, program, faults }) => {
  await page.goto(await program.start());
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Commands' });
  await expect(palette.getByRole('option', { name: /Save as….*Open or make a project first/ })).toHaveAttribute('aria-disabled', 'true');
  await expect(palette.getByRole('option', { name: /Go to the filter bar.*On Results only/ })).toBeVisible();
  await page.keyboard.press('Escape');

  await startFromTemplate(page, /^Simulated lab/);
  await setField(page, 'Random first (trials)', '3');
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('textbox', { name: 'Random first (trials)' })).not.toHaveValue('3');
  await page.keyboard.press('Control+Shift+z');
  await expect(page.getByRole('textbox', { name: 'Random first (trials)' })).toHaveValue('3');
  await setField(page, 'Then Bayesian (trials)', '3');
  await startStudy(page);
  await waitForTrials(page, 6);
  await goTo(page, 'Results');
  await page.getByRole('main', { name: 'Results' }).focus();

  await page.keyboard.press('Control+,');
  await page.getByRole('dialog', { name: 'Preferences' }).getByRole('switch', { name: 'Single-letter shortcuts' }).click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Help' })).toBeHidden();
  await page.keyboard.press('F1');
  await expect(page.getByRole('dialog', { name: 'Help' })).toContainText('single letters are switched off');
  await page.getByRole('dialog', { name: 'Help' }).getByRole('button', { name: 'In the guide' }).click();
  await expect(page.getByRole('heading', { name: 'Results', level: 2 })).toBeInViewport();
  await page.reload();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Help' })).toBeHidden();
  expect(faults).toEqual([]);
});
