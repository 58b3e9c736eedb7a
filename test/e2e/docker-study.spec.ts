import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from './program.ts';
import { goTo, setField, startFromTemplate, startStudy, waitForTrials } from './page-steps.ts';

const TRIALS = 12;

function docker(...args: string[]): string | null {
  try {
    return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

test.use({ actionTimeout: 20_000 });

test('containers: chosen in Design, twelve trials, a compose file of one, nothing left running', async ({ page, program, faults }) => {
  test.skip(docker('version', '--format', '{{.Server.Version}}') === null, 'no Docker engine answers');
  await page.goto(await program.start());
  await startFromTemplate(page, /^Digits/);
  await page.getByLabel('Replicas run as', { exact: true }).click();
  await page.getByRole('option', { name: 'Docker containers' }).click();
  await page.getByRole('button', { name: 'Image: Bundled server' }).click();
  await page.getByRole('button', { name: 'Build it now' }).click();
  await expect(page.getByText('It is here.')).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press('Escape');
  await setField(page, 'Random first (trials)', String(TRIALS / 2));
  await setField(page, 'Then Bayesian (trials)', String(TRIALS / 2));
  await setField(page, 'Requests per trial', '120');
  await startStudy(page);
  await waitForTrials(page, 1);
  await expect.poll(() => docker('ps', '--filter', 'label=io.servescape.session', '--format', '{{.Image}}')).toContain('servescape/model-server');
  await waitForTrials(page, TRIALS);
  await goTo(page, 'Results');
  await expect(page.getByRole('region', { name: /^Best configuration, trial \d+$/ })).toContainText(/\d+(\.\d+)? ms/);
  await goTo(page, 'Run');
  await page.locator('#trial-row-1').dblclick();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Compose file' }).click()]);
  expect(readFileSync(await download.path(), 'utf8')).toContain('image: "servescape/model-server:');
  await program.stop();
  faults.length = 0;
  const session = docker('ps', '-a', '--filter', 'label=io.servescape.session', '--format', '{{.Label "io.servescape.owner"}}');
  expect((session ?? '').split('\n').filter((owner) => owner !== '' && !isRunning(owner))).toEqual([]);
});

/** Other programs on this machine may have containers of their own. */
function isRunning(owner: string): boolean {
  try {
    process.kill((JSON.parse(owner) as [string, number])[1], 0);
    return true;
  } catch {
    return false;
  }
}
