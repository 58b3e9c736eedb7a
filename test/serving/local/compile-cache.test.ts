import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCompileCache } from '../../../main/serving/local/compile-cache.ts';
import { createHarness, createRealHarness } from '../fixtures/local-harness.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'servescape-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function onlyFolder(path: string): string {
  const names = readdirSync(path);
  expect(names).toHaveLength(1);
  return join(path, names[0]!);
}

describe('compiled modules', () => {
  it('are written before the first trial and not again', async () => {
    const compileCacheFolder = join(root, 'cache');
    const first = createRealHarness({ compileCacheFolder });
    await first.deploy();
    const folder = onlyFolder(compileCacheFolder);
    expect(readdirSync(folder)).toContain('filled');
    expect(readdirSync(folder).length).toBeGreaterThan(1);
    await first.dispose();
    const filledAt = statSync(join(folder, 'filled')).mtimeMs;

    const second = createRealHarness({ compileCacheFolder });
    await second.deploy();
    expect(statSync(join(onlyFolder(compileCacheFolder), 'filled')).mtimeMs).toBe(filledAt);
    await second.dispose();
  });

  it('are not taken for written when the server does not start', async () => {
    const compileCacheFolder = join(root, 'cache');
    const harness = createHarness('exit-at-start', { compileCacheFolder });
    await expect(harness.deploy()).rejects.toMatchObject({ code: 'exited-at-start' });
    await harness.dispose();
    expect(() => statSync(join(onlyFolder(compileCacheFolder), 'filled'))).toThrow('ENOENT');
  });

  it('belong to one version of the program, and a new one clears the old', () => {
    const server = join(root, 'server');
    mkdirSync(server);
    writeFileSync(join(server, 'main.ts'), 'one');
    const open = (): ReturnType<typeof openCompileCache> => openCompileCache(join(root, 'cache'), join(server, 'main.ts'), '/node');
    const old = open();
    old.markFilled();
    expect(open().isFilled()).toBe(true);
    writeFileSync(join(server, 'main.ts'), 'two!');
    const fresh = open();
    expect(fresh.isFilled()).toBe(false);
    fresh.markFilled();
    expect(onlyFolder(join(root, 'cache'))).toBe(fresh.folder);
  });
});
