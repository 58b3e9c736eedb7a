import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Rules of safety that hold for every line of the program, and the threat model with its tests. */
const root = resolve(import.meta.dirname, '../..');
const list = (...patterns: string[]): string[] => execFileSync('git', ['ls-files', ...patterns], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const sources = list('main/*.ts', 'electron/*.ts', 'renderer/*.ts', 'renderer/*.svelte', 'resources/setup/*.mjs').map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

function where(pattern: RegExp, files = sources): string[] {
  return files.flatMap(({ path, text }) => text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])));
}

describe('no shell', () => {
  it('sees the program', () => {
    expect(sources.length).toBeGreaterThan(300);
    expect(where(/from 'node:child_process'/).length).toBeGreaterThan(3);
  });

  it('programs are started by name and list of arguments, never by a line of text', () => {
    expect(where(/\b(execSync|execaCommand|execaCommandSync)\b|import \{[^}]*\bexec\b[^}]*\} from 'node:child_process'|\bshell: (true|'|")/)).toEqual([]);
    expect(where(/(spawn|spawnSync|execFile|execFileSync|execa)\(\s*['"`](sh|bash|cmd|cmd\.exe|powershell|zsh)['"`]/)).toEqual([]);
  });

  it('no text becomes code or markup', () => {
    expect(where(/\beval\(|new Function\(|\.innerHTML|insertAdjacentHTML|document\.write|\{@html/)).toEqual([]);
    expect(where(/from 'node:vm'|vm\.runIn/)).toEqual([]);
  });
});

it('every port is opened on this machine only, or where the caller says', () => {
  const opened = where(/\.listen\(/, sources.filter(({ path }) => path.startsWith('main/')));
  expect(opened.length).toBeGreaterThan(2);
  expect(opened.filter((line) => !/127\.0\.0\.1|\baddress\b/.test(line))).toEqual([]);
  // The model server's own usual address; TensorFlow Serving would listen everywhere.
  expect(where(/0\.0\.0\.0|'::'/, sources.filter(({ path }) => /^main\/(load|host|hardware|modelserver)\//.test(path)))).toEqual([]);
});

it('no registry secret is known: the engine’s own store is the only place', () => {
  expect(where(/authconfig|registryPassword|\.dockerconfig|X-Registry-Auth/i)).toEqual([]);
});

it('every line of the threat model names tests that exist', () => {
  const rows = readFileSync(join(root, 'SECURITY.md'), 'utf8').split('\n').filter((line) => line.startsWith('| ') && line.includes('`test/'));
  expect(rows.length).toBeGreaterThan(15);
  const missing = rows.flatMap((row) => [...row.matchAll(/`(test\/[^`]+?)`: “([^”]+)”/g)].flatMap(([, path, title]) => {
    try {
      return readFileSync(join(root, path!), 'utf8').includes(title!) ? [] : [`${path}: ${title}`];
    } catch {
      return [`${path} is not there`];
    }
  }));
  expect(missing).toEqual([]);
  for (const row of rows) expect([row, /`test\/[^`]+`: “/.test(row)]).toEqual([row, true]);
});
