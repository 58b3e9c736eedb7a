import { readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { studySpecSchema } from '../../main/domain/study-spec.ts';
import { createProjectFile } from '../../main/project/project-file.ts';
import { at, runStarted, sampleRoundTrips, sampleSpec, trialEvents } from '../project/sample-study.ts';
import { layoutFaults } from './layout-faults.ts';
import { openFile, saveAs, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';
import { anotherProgram, expect, test } from './program.ts';

/** Files with something to say before they are used: in use elsewhere, from somebody else, damaged. */
async function looksRight(page: Page): Promise<void> {
  expect(await layoutFaults(page)).toEqual([]);
}

test('a file another program has open is shown read-only, says why, and can be copied', async ({ page, program, faults, context }) => {
  void faults;
  await page.goto(await program.start());
  await startFromTemplate(page, /^Simulated lab/);
  await saveAs(page, 'shared');
  await startStudy(page);
  await waitForTrials(page, 50);

  const other = anotherProgram(program, join(program.home, 'other-data'));
  const second = await context.newPage();
  try {
    await second.goto(await other.start());
    await openFile(second, 'shared.servescape');
    const banner = second.getByRole('status').filter({ hasText: 'Opened read-only.' });
    await expect(banner).toContainText(/Another Servescape has it open/);
    await looksRight(second);
    await banner.getByRole('button', { name: 'Save a copy…' }).click();
    const dialog = second.getByRole('dialog', { name: 'Save as' });
    await dialog.getByRole('textbox', { name: 'File name' }).fill('mine');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(banner).toBeHidden();
  } finally {
    await second.close();
    await other.stop();
  }
});

test('a project from elsewhere asks before anything of it runs', async ({ page, program, faults }) => {
  void faults;
  const gift = createProjectFile(join(program.home, 'gift.servescape'), { name: 'Gift', at: at(0) });
  const asking = { ...sampleSpec('Gift'), backend: { kind: 'docker', image: 'elsewhere.example/server:1' } };
  gift.createStudy(studySpecSchema.parse(asking), at(0));
  gift.close();

  await page.goto(await program.start());
  await openFile(page, 'gift.servescape');
  const question = page.getByRole('alertdialog', { name: 'This project came from elsewhere' });
  await expect(question).toContainText('run the image “elsewhere.example/server:1”');
  await expect(question.getByRole('button', { name: 'Only look' })).toBeFocused();
  await looksRight(page);
  await page.keyboard.press('Enter');
  const banner = page.getByRole('status').filter({ hasText: 'Nothing of it runs before you allow it.' });
  await expect(banner).toBeVisible();
  await looksRight(page);
  await banner.getByRole('button', { name: 'Allow…' }).click();
  await question.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(banner).toBeHidden();
});

test('of a damaged file what is whole is saved beside it, and the file stays as it is', async ({ page, program, faults }) => {
  void faults;
  const path = join(program.home, 'torn.servescape');
  const torn = createProjectFile(path, { name: 'Torn', at: at(0) });
  const store = torn.store(torn.createStudy(sampleSpec('Torn', 60), at(0)));
  store.append(runStarted);
  for (let trial = 1; trial <= 60; trial++) {
    for (const event of trialEvents(trial)) store.append(event);
    store.appendRoundTrips(trial, sampleRoundTrips(100, trial));
  }
  torn.close();
  await truncate(path, Math.floor((await stat(path)).size * 0.7));
  const before = await readFile(path);

  await page.goto(await program.start());
  await openFile(page, 'torn.servescape');
  const question = page.getByRole('alertdialog', { name: 'This file is damaged' });
  await expect(question.getByRole('button', { name: 'Leave it' })).toBeFocused();
  await looksRight(page);
  await question.getByRole('button', { name: 'Save what is whole' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'torn repaired.servescape' })).toContainText(/\d+ finished trials are whole/);
  await looksRight(page);
  expect((await readFile(path)).equals(before)).toBe(true);
});
