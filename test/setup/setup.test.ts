import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const setup = (name: string): string => new URL(`../../resources/setup/${name}`, import.meta.url).href;
interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly skips: readonly string[];
}
const { fingerprint } = (await import(setup('freshness.mjs'))) as { fingerprint(root: string, paths: readonly string[]): string };
const { withLock } = (await import(setup('lock.mjs'))) as {
  withLock<T>(path: string, onWait: () => void, action: () => Promise<T>): Promise<T>;
};
const { tallyVitest, tallyPlaywright } = (await import(setup('test-tally.mjs'))) as {
  tallyVitest(report: unknown, exitCode: number): Tally;
  tallyPlaywright(report: unknown, exitCode: number): Tally;
};
const { findChromium } = (await import(setup('chromium.mjs'))) as {
  findChromium(env: Record<string, string>, exists: (path: string) => boolean): string | null;
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servescape-setup-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('what is stale', () => {
  it('a changed, added, removed or renamed source, not a touched one', async () => {
    await mkdir(join(folder, 'src', 'deep'), { recursive: true });
    await writeFile(join(folder, 'src', 'deep', 'a.ts'), 'one');
    const of = (): string => fingerprint(folder, ['src', 'missing']);
    const first = of();
    await writeFile(join(folder, 'src', 'deep', 'a.ts'), 'one');
    expect(of()).toBe(first);
    await writeFile(join(folder, 'src', 'deep', 'a.ts'), 'two');
    const changed = of();
    await writeFile(join(folder, 'src', 'b.ts'), '');
    const added = of();
    await rm(join(folder, 'src', 'deep', 'a.ts'));
    expect(new Set([first, changed, added, of()]).size).toBe(4);
  });
});

describe('the lock', () => {
  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const path = join(folder, 'lock');
    const task = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, () => undefined, task)));
    expect(most).toBe(1);
  });

  it('is free again after a failure', async () => {
    const path = join(folder, 'lock');
    await expect(withLock(path, () => undefined, () => Promise.reject(new Error('no network')))).rejects.toThrowError('no network');
    await expect(withLock(path, () => undefined, async () => 'next')).resolves.toBe('next');
  });

  it('of a killed process is taken over', async () => {
    const path = join(folder, 'lock');
    const script = `import { withLock } from ${JSON.stringify(setup('lock.mjs'))};
      await withLock(process.argv[1], () => {}, () => { console.log('in'); return new Promise(() => setInterval(() => {}, 1000)); });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    let waited = false;
    const second = withLock(path, () => (waited = true), async () => readFile(path, 'utf8'));
    child.kill('SIGKILL');
    expect(await second).toBe(String(process.pid));
    expect(waited).toBe(true);
  });
});

describe('the count', () => {
  const line = (state: string, name = 'a test') => ({ state, name });

  it('adds up what vitest says, skips by name and reason', () => {
    const lines = [line('passed'), { ...line('skipped', 'runs in Docker'), note: 'no Docker' }, line('failed'), line('passed')];
    expect(tallyVitest(lines, 1)).toEqual({ passed: 2, failed: 1, skipped: 1, skips: ['runs in Docker: no Docker'] });
  });

  it('never calls a run good that was not', () => {
    expect(tallyVitest([line('failed')], 1).failed).toBe(1);
    expect(tallyVitest([line('passed'), line('passed')], 1)).toMatchObject({ passed: 2, failed: 1 });
    expect(tallyVitest(null, 0).failed).toBe(1);
    expect(tallyPlaywright(null, 0).failed).toBe(1);
    expect(tallyPlaywright({ stats: { expected: 3, unexpected: 0, flaky: 1, skipped: 0 }, suites: [] }, 0).failed).toBe(1);
  });

  it('counts every test that ended before the runner died', async () => {
    const path = join(folder, 'count.jsonl');
    const script = `
      const { default: Reporter } = await import(${JSON.stringify(setup('count-reporter.mjs'))});
      const reporter = new Reporter();
      for (const state of ['passed', 'failed', 'passed']) reporter.onTestCaseResult({ fullName: state, result: () => ({ state }) });
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, SERVESCAPE_TEST_COUNT: path } });
    await once(child, 'close');
    const lines = (await readFile(path, 'utf8')).trim().split('\n').map((text) => JSON.parse(text) as unknown);
    expect(tallyVitest(lines, 137)).toMatchObject({ passed: 2, failed: 1 });
  });

  it('gives the reason of a skipped end-to-end test', () => {
    const tests = [{ status: 'skipped', annotations: [{ type: 'skip', description: 'no Docker' }] }];
    const report = { stats: { expected: 1, unexpected: 0, flaky: 0, skipped: 1 }, suites: [{ suites: [{ specs: [{ title: 'runs in Docker', tests }] }] }] };
    expect(tallyPlaywright(report, 0).skips).toEqual(['runs in Docker: no Docker']);
  });
});

it('takes the browser it is told, or the first of the usual ones', () => {
  const all = (): boolean => true;
  expect(findChromium({ CHROMIUM_PATH: '/opt/mine' }, all)).toBe('/opt/mine');
  expect(findChromium({ CHROMIUM_PATH: '/opt/gone' }, () => false)).toBeNull();
  expect(findChromium({}, (path) => path.endsWith('google-chrome'))).toBe('/usr/bin/google-chrome');
});

/** Prepare in a folder of its own, with a stand-in for npm; nothing of this checkout is touched. */
describe('prepare', () => {
  async function prepare(): Promise<{ code: number; stdout: string; stderr: string }> {
    const npm = join(folder, 'npm.js');
    await writeFile(npm, `require('fs').mkdirSync('node_modules', { recursive: true });
      require('fs').copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
      require('fs').appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n'); console.log('noise');`);
    const child = spawn(process.execPath, [join(folder, 'resources', 'setup', 'prepare.mjs')], {
      cwd: folder, env: { ...process.env, npm_execpath: npm }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    return { code, stdout, stderr };
  }
  const lockOf = (version: string): string =>
    JSON.stringify({ packages: { '': {}, 'node_modules/a': { version }, 'node_modules/for-another-system': { version, optional: true } } });
  const calls = (): Promise<string> => readFile(join(folder, 'npm-calls'), 'utf8').catch(() => '');

  beforeEach(async () => {
    await mkdir(join(folder, 'resources', 'setup'), { recursive: true });
    for (const name of ['prepare.mjs', 'tools.mjs', 'lock.mjs', 'freshness.mjs']) {
      await writeFile(join(folder, 'resources', 'setup', name), await readFile(fileURLToPath(setup(name))));
    }
    await writeFile(join(folder, 'package-lock.json'), lockOf('1.0.0'));
  });

  it('installs when nothing is there, says so, and leaves standard output alone', async () => {
    const { code, stdout, stderr } = await prepare();
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('Installing dependencies');
    expect(await calls()).toBe('ci --no-fund --no-audit --loglevel=error\n');
  });

  it('installs once, and again when the lock file has changed', async () => {
    await prepare();
    expect((await prepare()).stderr).toBe('');
    await writeFile(join(folder, 'package-lock.json'), lockOf('1.0.1'));
    await prepare();
    expect((await calls()).split('\n').filter(Boolean)).toHaveLength(2);
  });

  it('takes what somebody installed by hand, optional packages of other systems aside', async () => {
    await mkdir(join(folder, 'node_modules'));
    await writeFile(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
    await prepare();
    expect(await calls()).toBe('');
  });

  it('installs once for several at the same time', async () => {
    const all = await Promise.all([prepare(), prepare(), prepare()]);
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect((await calls()).split('\n').filter(Boolean)).toHaveLength(1);
  });
});

it('has its scripts loadable by any Node, without dependencies', async () => {
  for (const name of ['tools.mjs', 'lock.mjs', 'freshness.mjs', 'test-tally.mjs', 'chromium.mjs', 'prepare.mjs', 'start.mjs', 'test.mjs', 'typecheck.mjs']) {
    const source = await readFile(fileURLToPath(pathToFileURL(fileURLToPath(setup(name)))), 'utf8');
    const imported = [...source.matchAll(/from '([^']+)'/g)].map(([, specifier]) => specifier!);
    expect(imported.filter((specifier) => !/^(node:|\.\/)/.test(specifier)), name).toEqual([]);
  }
});
