import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, expect, test, type ElectronApplication } from '@playwright/test';

/**
 * The real window, where Electron's binary and a display are; `npm test` says so where they are not. SERVESCAPE_PACKAGED
 * names the program of a finished package to be tested in its place (dist/linux-unpacked/servescape).
 */
const root = resolve(import.meta.dirname, '../..');
let app: ElectronApplication;
let data: string;

test.beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'servescape-electron-'));
  const packaged = process.env['SERVESCAPE_PACKAGED'];
  const program = packaged ?? join(root, 'node_modules/electron/dist', readFileSync(join(root, 'node_modules/electron/path.txt'), 'utf8'));
  expect(existsSync(program), program).toBe(true);
  app = await _electron.launch({
    executablePath: program, args: [...(packaged === undefined ? [root] : []), `--user-data-dir=${join(data, 'window')}`],
    env: { ...(process.env as Record<string, string>), SERVESCAPE_DATA: join(data, 'program') },
  });
});
test.afterEach(async () => {
  await app.evaluate(({ app: program }) => program.exit(0)).catch(() => undefined);
  await rm(data, { recursive: true, force: true });
});

test('the window shows the page, sealed off from Node', async () => {
  const page = await app.firstWindow();
  await expect(page.getByRole('heading', { name: 'Start a study' })).toBeVisible();
  expect(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe('undefined');
  expect(await page.evaluate(() => Object.keys((globalThis as unknown as { servescape: object }).servescape).toSorted())).toEqual(['onClose', 'onMessage', 'pathOf', 'send']);
});

test('the native menu follows the page and reaches it', async () => {
  const page = await app.firstWindow();
  await expect(page.getByRole('heading', { name: 'Start a study' })).toBeVisible();
  await expect.poll(() => app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('save-as')?.enabled)).toBe(false);
  await app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('preferences')?.click());
  await expect(page.getByRole('dialog', { name: 'Preferences' })).toBeVisible();
});

test('real replicas run below the window', async () => {
  const page = await app.firstWindow();
  await page.getByRole('button', { name: 'Show me around' }).click();
  await page.getByRole('button', { name: 'Take Digits' }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Start the study' }).click();
  await expect(page.getByRole('complementary', { name: 'Trials' })).toContainText(/8 finished/, { timeout: 180_000 });
});
