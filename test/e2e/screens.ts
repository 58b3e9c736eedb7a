import { expect, type Page } from '@playwright/test';
import { goTo } from './page-steps.ts';

/** Shows one screen after the other of a program with a finished study and a duel; `look` is called on each. */
export type Look = (name: string) => Promise<void>;

export const RESULT_VIEWS = async (page: Page): Promise<readonly string[]> => page.getByRole('tablist', { name: 'Views' }).getByRole('tab').allInnerTexts();

export async function showDialogs(page: Page, look: Look): Promise<void> {
  const dialogs = [['commands', 'Control+k', 'Commands'], ['help', 'F1', 'Help'], ['preferences', 'Control+,', 'Preferences']] as const;
  for (const [name, key, title] of dialogs) {
    await page.keyboard.press(key);
    await expect(page.getByRole('dialog', { name: title })).toBeVisible();
    await look(name);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog', { name: title })).toBeHidden();
  }
  await chooseCommand(page, 'About Servescape');
  await expect(page.getByRole('dialog', { name: /^Servescape/ })).toBeVisible();
  await look('about');
  await page.keyboard.press('Escape');
}

export async function chooseCommand(page: Page, label: string): Promise<void> {
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Commands' });
  await palette.getByRole('combobox').fill(label);
  await palette.getByRole('option', { name: label }).first().click();
  await expect(palette).toBeHidden();
}

/** Where replicas run, on Docker and on a swarm, and what the nodes say; the draft runs as before afterwards. */
export async function showEngines(page: Page, look: Look): Promise<void> {
  const runsAs = page.getByLabel('Replicas run as', { exact: true });
  const before = await runsAs.innerText();
  const choose = async (name: string): Promise<void> => {
    await runsAs.click();
    await page.getByRole('option', { name }).click();
  };
  await choose('Docker swarm');
  await page.getByLabel('Load generator', { exact: true }).click();
  await page.getByRole('option', { name: 'Beside the replicas' }).click();
  await look('swarm');
  await choose('Docker containers');
  await page.getByText('on the usual engine').click();
  await look('engines');
  await page.getByRole('button', { name: 'Look at the nodes' }).click();
  const nodes = page.getByRole('dialog', { name: 'Nodes' });
  // Without an engine it says so.
  await expect(nodes.getByRole('table').or(nodes.getByRole('alert'))).toBeVisible({ timeout: 60_000 });
  await look('nodes');
  await page.keyboard.press('Escape');
  await choose(before.trim());
}

export async function showMachine(page: Page, look: Look): Promise<void> {
  await page.keyboard.press('F4');
  await expect(page.getByRole('main', { name: 'This machine' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Docker' })).toBeVisible({ timeout: 60_000 });
  await look('machine');
  await page.getByRole('button', { name: 'Back' }).click();
}

export async function showGuide(page: Page, look: Look): Promise<void> {
  await chooseCommand(page, 'User guide');
  const contents = page.getByRole('navigation', { name: 'Pages of the guide' });
  for (const [name, title] of [['guide', 'User guide'], ['guide-lab', 'Lab exercise'], ['guide-troubleshooting', 'Troubleshooting']] as const) {
    await contents.getByRole('link', { name: title }).click();
    await expect(page.getByRole('article', { name: title }).getByRole('heading', { level: 1 })).toBeVisible();
    await look(name);
  }
  await page.getByRole('button', { name: 'Back' }).click();
}

export async function showResults(page: Page, look: Look): Promise<void> {
  await goTo(page, 'Results');
  await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toBeVisible();
  for (const view of await RESULT_VIEWS(page)) {
    if (view === PAST) continue;
    await page.getByRole('tab', { name: view, exact: true }).click();
    await look(view === 'Overview' ? 'results' : `results-${view.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`);
  }
  await showScale(page);
  await look('scale');
  await page.getByRole('tab', { name: 'Overview', exact: true }).click();
}

const PAST = 'Past this machine';

/** Its first steps, as the largest sizes take a while and show nothing new; or all of them. */
export async function showScale(page: Page, last: '100' | '10,000' = '100'): Promise<void> {
  await page.getByRole('tab', { name: PAST, exact: true }).click();
  await expect(page.getByRole('row', { name: new RegExp(`^${last} `) })).toBeVisible({ timeout: 180_000 });
  // On a fast machine it may have ended by itself.
  await page.getByRole('button', { name: 'Stop simulating' }).click({ timeout: 2000 }).catch(() => undefined);
}
