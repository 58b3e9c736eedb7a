import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const { licenceList, shippedPackages, ALLOWED } = (await import(new URL('../../resources/setup/licences.mjs', import.meta.url).href)) as {
  licenceList(): string;
  shippedPackages(): { name: string; version: string; licence: string }[];
  ALLOWED: string[];
};
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as { dependencies: Record<string, string>; devDependencies: Record<string, string> };
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string; integrity?: string; resolved?: string; dependencies?: Record<string, string>; devDependencies?: Record<string, string> }> };
const everything = { ...manifest.dependencies, ...manifest.devDependencies };

/** Used without being imported, with the reason. */
const NOT_IMPORTED: Readonly<Record<string, string>> = {
  node: 'the Node that everything runs on', 'electron-builder': 'npm run package', typescript: 'npm run typecheck', 'svelte-check': 'npm run typecheck',
  '@types/node': 'types', vite: 'what electron-vite, vitest and the Svelte plugin build with', jsdom: 'environment of the component tests',
};

const { judgeAudit } = (await import(new URL('../../resources/setup/audit.mjs', import.meta.url).href)) as { judgeAudit(text: string): { found: number | null; words: string } };

it('known holes fail the check; a registry that does not answer is said to have not answered', () => {
  const told = (high: number): string => `npm warn x\n${JSON.stringify({ metadata: { vulnerabilities: { info: 0, low: 1, moderate: 0, high, critical: 0, total: high + 1 } } })}\nnpm notice y`;
  expect(judgeAudit(told(2))).toEqual({ found: 2, words: '2 of severity high or critical, 1 lesser ones.' });
  expect(judgeAudit(told(0)).found).toBe(0);
  for (const text of ['', 'npm error 405', '{"message":"405 Method Not Allowed"}', 'null', '{']) expect(judgeAudit(text).found).toBeNull();
});

describe('what we depend on', () => {
  it('is pinned to one version, and locked with a checksum', () => {
    for (const [name, version] of Object.entries(everything)) expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(-[\w.]+)?$/)]);
    const { '': own, ...others } = lock.packages;
    expect({ ...own!.dependencies, ...own!.devDependencies }).toEqual(everything);
    expect(Object.entries(others).filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
    for (const { resolved } of Object.values(others)) if (resolved !== undefined) expect(resolved).toMatch(/^https:\/\/registry\.npmjs\.org\//);
  });

  it('is used', () => {
    const sources = execFileSync('git', ['ls-files', '*.ts', '*.mjs', '*.js', '*.svelte', '*.mts'], { cwd: root, encoding: 'utf8' }).trim().split('\n').filter((path) => !path.includes('/build/')).map(read).join('\n');
    const unused = Object.keys(everything).filter((name) => {
      if (name in NOT_IMPORTED) return false;
      const typed = name.startsWith('@types/') ? name.slice(7) : name;
      const quoted = typed.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      // Tools are started from node_modules by their path.
      return !new RegExp(`['"\`]${quoted}(/[^'"\`]*)?['"\`]|toolScript\\('${quoted.replace('\\/', "', '")}'`).test(sources);
    });
    expect(unused).toEqual([]);
  });

  it('may be shipped: every licence is a permissive one', () => {
    const odd = shippedPackages().filter(({ licence }) => !licence.replace(/[()]/g, '').split(/ (?:OR|AND) /).every((one) => ALLOWED.includes(one)));
    expect(odd).toEqual([]);
    expect(shippedPackages().length).toBeGreaterThan(50);
  });

  it('is listed with its licence (npm run licences)', () => {
    expect(read('THIRD-PARTY.md')).toBe(licenceList());
  });
});
