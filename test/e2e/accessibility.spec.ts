import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './program.ts';
import { showDialogs, showEngines, showGuide, showMachine, showScale } from './screens.ts';
import { goTo, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** In the dark only contrast can differ. */
test('every screen passes axe, light and dark', async ({ page, program, faults }) => {
  await page.goto(await program.start());
  await expect(page.getByRole('button', { name: /^Digits/ }).first()).toBeVisible();
  const check = async (screen: string): Promise<void> => {
    for (const [colorScheme, axe] of [['dark', new AxeBuilder({ page }).withRules('color-contrast')], ['light', new AxeBuilder({ page }).withTags(TAGS)]] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const { violations } = await axe.analyze();
      expect.soft(violations.map(({ id, nodes }) => `${screen}, ${colorScheme}: ${id} at ${nodes.map(({ target }) => String(target)).join(' | ')}`)).toEqual([]);
    }
  };
  await check('Welcome');
  await startFromTemplate(page, /^Simulated lab/);
  await check('Design');
  await showEngines(page, check);
  await page.getByText('one trial at a time').click();
  await setField(page, 'Machines at once', '2');
  await check('Design, machines');
  await startStudy(page);
  await expect(page.getByRole('region', { name: 'Machines' })).toBeVisible({ timeout: 60_000 });
  await waitForTrials(page, 50);
  await check('Run');
  await goTo(page, 'Results');
  for (const view of ['Overview', 'Search', 'Load', 'Resources', 'Trials', 'Report']) {
    await page.getByRole('tab', { name: view, exact: true }).click();
    await expect(page.getByText(/^(Asking the model|Reading round trips)/)).toHaveCount(0, { timeout: 60_000 });
    await check(`Results, ${view}`);
  }
  await showScale(page);
  await page.getByText('What is assumed').click();
  await check('Results, past this machine');
  await showMachine(page, check);
  await showDialogs(page, check);
  await showGuide(page, check);
  expect(faults).toEqual([]);
});
