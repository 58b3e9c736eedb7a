import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeAudit } from './audit.mjs';
import { add, none, single, skip, tallyPlaywright, tallyVitest } from './test-tally.mjs';
import { whyNoWindow } from './electron-binary.mjs';
import { findChromium } from './chromium.mjs';
import { root, runNode, runProcess, toolScript } from './tools.mjs';

/**
 * `npm test`: type check, lint, every vitest suite, the end-to-end tests in a real browser. What cannot run here is
 * listed with its reason; with REQUIRE_ALL=1 that is a failure. The last line is the count.
 */
const folder = mkdtempSync(join(tmpdir(), 'servescape-test-'));

async function step(title, run) {
  const started = Date.now();
  console.log(`\n── ${title} ──`);
  const tally = await run();
  console.log(`${title}: ${tally.failed > 0 ? 'failed' : 'ok'} after ${Math.round((Date.now() - started) / 1000)} s`);
  return tally;
}

async function vitest() {
  const output = join(folder, 'vitest.jsonl');
  const args = [toolScript('vitest', 'vitest.mjs'), 'run', '--reporter=default', `--reporter=${join(root, 'resources/setup/count-reporter.mjs')}`];
  const { code } = await runNode(args, { env: { SERVESCAPE_TEST_COUNT: output } });
  const lines = existsSync(output) ? readFileSync(output, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : null;
  return tallyVitest(lines, code);
}

/** Asks the registry for known holes in the production dependencies. Where it does not answer that question, nothing was checked, and that is said. */
async function audit() {
  const { text } = await runProcess('npm', ['audit', '--omit=dev', '--json'], { output: 'keep', timeoutMs: 60_000 });
  const { found, words } = judgeAudit(text);
  console.log(words);
  return found === null ? none : single(found === 0);
}

async function endToEnd() {
  const chromium = findChromium();
  if (chromium === null) return skip('end-to-end tests', 'no Chromium; install it or set CHROMIUM_PATH');
  const output = join(folder, 'playwright.json');
  const args = [toolScript('@playwright', 'test', 'cli.js'), 'test', '--config', 'test/e2e/playwright.config.ts'];
  const { code } = await runNode(args, { env: { CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_FILE: output } });
  return tallyPlaywright(readReport(output), code);
}

function readReport(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

let total = none;
total = add(total, await step('Type check', async () => single((await runNode([new URL('typecheck.mjs', import.meta.url).pathname])).code === 0)));
total = add(total, await step('Lint', async () => single((await runNode([toolScript('eslint', 'bin', 'eslint.js'), '.'])).code === 0)));
total = add(total, await step('Known holes in what is shipped', audit));
total = add(total, await step('Unit, conformance and component tests', vitest));
total = add(total, await step('End-to-end tests', endToEnd));
rmSync(folder, { recursive: true, force: true });

// What a machine without a display or without Electron can never run is said, and is no failure anywhere.
const noWindow = whyNoWindow();
if (noWindow !== null) console.log(`\nNot for this machine: the desktop window’s own tests (test/e2e/electron.spec.ts), ${noWindow}.`);
const strict = process.env.REQUIRE_ALL === '1';
if (total.skips.length > 0) console.log(`\nSkipped${strict ? ' (a failure here, REQUIRE_ALL=1)' : ''}:\n${total.skips.map((text) => `  ${text}`).join('\n')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || (strict && total.skipped > 0) ? 1 : 0;
