import AxeBuilder from '@axe-core/playwright';
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { exportSchema } from '../../main/domain/study-json.ts';
import { goTo, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';
import { expect, test } from './program.ts';

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 100)).join(' | ')}`);
}

async function runToResults(page: Page): Promise<void> {
  await startStudy(page);
  await waitForTrials(page, 50);
  await goTo(page, 'Results');
}

test('notes, everything as JSON, the report on paper, and two studies side by side', async ({ page, program, faults }) => {
  void faults;
  await page.goto(await program.start());
  await startFromTemplate(page, /^Simulated lab/);
  const notes = page.getByRole('textbox', { name: 'Notes on the study' });
  await notes.fill('Does a queue form?');
  await notes.blur();
  await runToResults(page);

  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const saved = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Everything, JSON' }).click();
  const json = exportSchema.parse(JSON.parse(await readFile(await (await saved).path(), 'utf8')));
  expect(json.studies[0]!.note).toBe('Does a queue form?');
  expect(json.roundTrips!.length).toBe(json.studies[0]!.trials.filter(({ state }) => state === 'complete').length);

  await page.evaluate(() => {
    window.print = () => void (document.documentElement.dataset['printed'] = document.querySelector('.print-report')!.outerHTML);
  });
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: /^Report, PDF/ }).click();
  await expect(page.locator('html[data-printed]')).toBeAttached();
  const printed = await page.evaluate(() => document.documentElement.dataset['printed']!);
  expect(printed).toContain('Does a queue form?');
  expect(printed.match(/<img /g)!.length).toBeGreaterThan(3);
  expect(await page.locator('.print-report').count()).toBe(0);

  await goTo(page, 'Design');
  await page.getByRole('button', { name: 'New study from it' }).click();
  await setField(page, 'Concurrent requests', '5');
  await runToResults(page);
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: 'Compare' }).click();
  const compare = page.getByRole('main', { name: 'Compare' });
  await expect(compare.getByRole('region', { name: 'Outcome' })).toContainText('Different concurrent requests: times cannot be compared directly.');
  await expect(compare.getByRole('row', { name: /^Concurrent requests 20 5$/ })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test.describe('with real replicas', () => {
  test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

  test('a configuration is kept running, watched, and stopped', async ({ page, program, faults }) => {
    void faults;
    await page.goto(await program.start());
    await startFromTemplate(page, /^Digits/);
    await setField(page, 'Requests per trial', '60');
    await setField(page, 'Random first (trials)', '1');
    await setField(page, 'Then Bayesian (trials)', '1');
    await startStudy(page);
    await waitForTrials(page, 2);
    await goTo(page, 'Results');
    await page.getByRole('button', { name: 'Deploy this configuration' }).click();
    const dialog = page.getByRole('dialog', { name: 'Kept running' });
    await expect(dialog.getByText(/^Trial \d is kept running since \d\d:\d\d\.$/)).toBeVisible({ timeout: 60_000 });
    const address = await dialog.getByRole('cell', { name: /^127\.0\.0\.1:\d+$/ }).first().innerText();
    expect((await fetch(`http://${address}/v1/models/digits`)).status).toBe(200);
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Keep it running' }).click();
    await goTo(page, 'Design');
    await expect(page.getByText('It takes part in nothing that is measured')).toBeVisible();
    await page.getByRole('button', { name: 'Stop it' }).click();
    await expect(page.getByText('It takes part in nothing that is measured')).toBeHidden();
    await expect(fetch(`http://${address}/`)).rejects.toThrowError();
  });
});
