import { expect, type Page } from '@playwright/test';

/** What a user does on the screens, by the names a screen reader says. */
export async function startFromTemplate(page: Page, template: RegExp): Promise<void> {
  await page.getByRole('button', { name: template }).first().click();
  await expect(page.getByRole('heading', { name: 'Design the study' })).toBeVisible();
}

export async function setField(page: Page, name: string, value: string): Promise<void> {
  const field = page.getByRole('textbox', { name });
  await field.fill(value);
  await field.press('Tab');
}

export async function startStudy(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start study' }).click();
  await expect(page.getByRole('main', { name: 'Run' })).toBeVisible();
}

/** How many trials the list on the Run screen calls finished. */
export async function finishedTrials(page: Page): Promise<number> {
  const text = await page.getByRole('complementary', { name: 'Trials' }).innerText();
  return Number(/([\d,]+) finished/.exec(text)?.[1]?.replaceAll(',', '') ?? '0');
}

export async function waitForTrials(page: Page, least: number, timeout = 120_000): Promise<void> {
  await expect.poll(() => finishedTrials(page), { timeout, message: `${least} finished trials` }).toBeGreaterThanOrEqual(least);
}

export async function stopNow(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Stop…' }).click();
  const question = page.getByRole('alertdialog', { name: 'Stop the study?' });
  await expect(question.getByRole('button', { name: 'Keep running' })).toBeFocused();
  await question.getByRole('button', { name: 'Stop now' }).click();
  await expect(page.getByRole('heading', { name: /of \d+ trials done$/ })).toBeVisible();
}

export async function continueStudy(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Continue' }).first().click();
}

export async function goTo(page: Page, step: 'Design' | 'Run' | 'Results'): Promise<void> {
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: step }).click();
  await expect(page.getByRole('main', { name: step })).toBeVisible();
}

/** With the in-page picker, which starts in the user's home. */
export async function saveAs(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+Shift+S');
  const dialog = page.getByRole('dialog', { name: 'Save as' });
  await dialog.getByRole('textbox', { name: 'File name' }).fill(name);
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(dialog).toBeHidden();
}

export async function openFile(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+O');
  const dialog = page.getByRole('dialog', { name: 'Open a project' });
  await dialog.getByRole('button', { name }).click();
  await expect(dialog).toBeHidden();
}
