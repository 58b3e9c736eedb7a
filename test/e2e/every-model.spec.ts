import { expect, test } from './program.ts';
import { goTo, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';

const TRIALS = 6;
const MODELS: readonly [tile: RegExp, sent: string][] = [
  [/^Digits/, 'POST /v1/models/digits:predict'],
  [/^House numbers/, 'POST /v1/models/gan-svhn:predict'],
  [/^Translation/, 'POST /v1/models/opennmt:predict'],
  [/^CIFAR-10/, 'POST /v1/models/resnet-cifar10:predict'],
  [/^Speech/, 'POST /v1/models/deepspeech:predict'],
];

test.beforeEach(async ({ page, program }) => {
  await page.goto(await program.start());
  await expect(page.getByRole('heading', { name: 'Start a study' })).toBeVisible();
});

for (const [tile, sent] of MODELS) {
  test(`${tile.source}: one request is tried, then six trials run with what comes along`, async ({ page, faults }) => {
    await startFromTemplate(page, tile);
    const dialog = page.getByRole('dialog', { name: 'Try one request' });
    // The button waits for the file check; a press before that opens nothing.
    await expect(async () => {
      await page.getByRole('button', { name: 'Try one request' }).click({ timeout: 5000 });
      await expect(dialog).toBeVisible({ timeout: 5000 });
    }).toPass();
    await expect(dialog.getByRole('region', { name: 'Request' })).toContainText(sent, { timeout: 90_000 });
    await expect(dialog.getByRole('region', { name: 'Answer' })).toContainText('"predictions"');
    await expect(dialog.getByRole('alert')).toHaveCount(0);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await setField(page, 'Random first (trials)', '4');
    await setField(page, 'Then Bayesian (trials)', String(TRIALS - 4));
    await setField(page, 'Requests per trial', '60');
    await startStudy(page);
    await waitForTrials(page, TRIALS);
    await goTo(page, 'Results');
    await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toContainText(/\d+(\.\d+)? ms/);
    expect(faults).toEqual([]);
  });
}

test('files that do not fit are refused in words before anything starts', async ({ page }) => {
  await startFromTemplate(page, /^House numbers/);
  await page.getByRole('button', { name: 'Your own files…' }).click();
  await setField(page, 'Your data: SVHN .mat, pictures', '/nowhere/test_32x32.mat');
  await expect(page.getByRole('alert').filter({ hasText: 'The data file /nowhere/test_32x32.mat cannot be read.' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try one request' })).toHaveAttribute('aria-disabled', 'true');
});

test('Table 1 of the report opens to look at', async ({ page, faults }) => {
  await page.getByRole('button', { name: /^Table 1 of the report/ }).click();
  await expect(page.getByRole('main', { name: 'Results' })).toBeVisible();
  await expect(page.getByText('Read-only').first()).toBeVisible();
  await expect(page.getByText(/56\.6|56\.7|56\.65/).first()).toBeVisible();
  expect(faults).toEqual([]);
});
