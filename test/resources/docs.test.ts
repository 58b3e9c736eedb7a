import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../main/domain/errors.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'resources/docs');
const pages = new Map(readdirSync(folder).filter((name) => name.endsWith('.md')).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const slugOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').trim().replaceAll(' ', '-');
const headings = (text: string): string[] => [...text.matchAll(/^#+ (.+)$/gm)].map((match) => slugOf(match[1]!));

describe('troubleshooting', () => {
  const entries = [...pages.get('troubleshooting.md')!.matchAll(/^### `([a-z-]+)`\n\n(.+)/gm)];

  it('has one entry for every code there is, and no other', () => {
    expect(entries.map((match) => match[1]!).toSorted()).toEqual([...ERROR_CODES].toSorted());
  });

  it('says something about each', () => {
    for (const [, code, text] of entries) expect(text!.length, code).toBeGreaterThan(15);
  });
});

/** A picture is made by the end-to-end run, on request. */
const pictures = readFileSync(join(root, 'test/e2e/screenshots.spec.ts'), 'utf8') + readFileSync(join(root, 'test/e2e/screens.ts'), 'utf8');

it('every link and picture of the guide leads somewhere', () => {
  for (const [name, text] of pages) {
    for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
      const picture = /^\.\.\/screenshots\/([a-z]+)-light\.png$/.exec(target!)?.[1];
      if (picture !== undefined) {
        expect(pictures, `${name}: ${target}`).toMatch(new RegExp(`(picture\\(page, |look\\()'${picture}'`));
        for (const look of ['light', 'dark', 'light-1920', 'dark-1920']) expect(existsSync(join(root, `resources/screenshots/${picture}-${look}.png`)), `${picture}-${look}`).toBe(true);
        continue;
      }
      const [file, anchor] = target!.split('#') as [string, string?];
      const to = file === '' ? name : file;
      expect(existsSync(join(folder, to)), `${name}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(headings(pages.get(to)!), `${name}: ${target}`).toContain(anchor);
    }
  }
});

it('what “How to add” names is there', () => {
  const text = pages.get('extend.md')!;
  for (const [, path] of text.matchAll(/`((?:main|renderer|test|resources)\/[A-Za-z0-9_./-]+)`/g)) {
    if (!path!.includes('NAME')) expect(existsSync(join(root, path!)), path).toBe(true);
  }
});
