import { expect, test } from './program.ts';
import { layoutFaults } from './layout-faults.ts';
import { goTo, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';
import { showDialogs, showGuide, showMachine, showResults } from './screens.ts';

/** Nothing on any screen is cut off or lies over something else, at the two sizes the design is made for. */
test('every screen can be read at 1280 × 800 and 1920 × 1080', async ({ page, program, faults }) => {
  test.setTimeout(600_000);
  const unreadable: string[] = [];
  const look = async (name: string): Promise<void> => {
    for (const [width, height] of [[1920, 1080], [1280, 800]] as const) {
      await page.setViewportSize({ width, height });
      // Charts are drawn anew at the new size, one frame later.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      unreadable.push(...(await layoutFaults(page)).map((fault) => `${name} at ${width}: ${fault}`));
    }
  };
  await page.goto(await program.start());
  await expect(page.getByText(/^Ready for studies/)).toBeVisible();
  await look('welcome');
  await showMachine(page, look);
  await startFromTemplate(page, /^Simulated lab/);
  await setField(page, 'Random first (trials)', '6');
  await setField(page, 'Then Bayesian (trials)', '6');
  await look('design');
  await goTo(page, 'Run');
  await look('run before start');
  await goTo(page, 'Results');
  await look('results before start');
  await goTo(page, 'Design');
  await startStudy(page);
  await waitForTrials(page, 12);
  await look('run');
  await showResults(page, look);
  await showDialogs(page, look);
  await showGuide(page, look);

  // A small window and 200 %: the panels stand below each other, nothing lies over anything.
  for (const [screen, width, height] of [['Run', 1024, 700], ['Results', 640, 400], ['Run', 640, 400]] as const) {
    await goTo(page, screen);
    await page.setViewportSize({ width, height });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    unreadable.push(...(await layoutFaults(page)).filter((fault) => fault.startsWith('over')).map((fault) => `${screen} at ${width}: ${fault}`));
  }
  await page.setViewportSize({ width: 1280, height: 800 });

  await goTo(page, 'Results');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Commands' }).getByRole('option', { name: 'New study from this one' }).click();
  await setField(page, 'Random first (trials)', '4');
  await setField(page, 'Then Bayesian (trials)', '4');
  await page.getByRole('switch', { name: 'Compare with random' }).click();
  await page.getByRole('button', { name: 'Start duel' }).click();
  await expect(page.getByRole('main', { name: 'Compare' })).toContainText(/gain of Bayesian search|Too close to call|Not enough data:/, { timeout: 120_000 });
  await look('compare');
  expect(unreadable).toEqual([]);
  expect(faults).toEqual([]);
});
