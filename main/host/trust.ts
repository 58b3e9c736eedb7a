import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ServescapeError } from '../domain/errors.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import { isSameWish, wishesOf, wishSchema, wishWords, type Wish } from '../domain/wishes.ts';

type Asking = Pick<StudySpec, 'backend' | 'model'>;

/**
 * Which images, files and folders the user of this machine has picked or allowed. A project from elsewhere may name any;
 * until somebody says yes nothing of it is run, mounted or even looked at.
 */
export interface Trust {
  /** A file with this study was opened: what it names and nobody here has picked is in doubt from now on. */
  found(spec: Asking): void;
  /** The user set this in the form or on the command line: what it names and `before` did not is theirs. */
  picked(before: Asking | null, spec: Asking): void;
  allow(wishes: readonly Wish[]): void;
  inDoubt(spec: Asking): readonly Wish[];
  /** Throws `not-allowed` while anything of it is in doubt. */
  refuseDoubtful(spec: Asking): void;
  refuseDoubtfulImage(reference: string): void;
}

const KEPT_MAX = 2000;
const listSchema = z.array(wishSchema).max(KEPT_MAX);

/** Kept as `trusted.json` in the data folder; an unreadable list means that everything is asked again. */
export function createTrust(dataFolder: string): Trust {
  const path = join(dataFolder, 'trusted.json');
  let allowed = readList(path);
  let doubtful: readonly Wish[] = [];
  const isAmong = (list: readonly Wish[], wish: Wish): boolean => list.some((one) => isSameWish(one, wish));
  const inDoubt = (spec: Asking): readonly Wish[] => wishesOf(spec).filter((wish) => isAmong(doubtful, wish));
  const allow = (wishes: readonly Wish[]): void => {
    doubtful = doubtful.filter((wish) => !isAmong(wishes, wish));
    const fresh = wishes.filter((wish) => !isAmong(allowed, wish));
    if (fresh.length === 0) return;
    allowed = [...fresh, ...allowed].slice(0, KEPT_MAX);
    mkdirSync(dataFolder, { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify(allowed, null, 1), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  };
  const refuse = (wishes: readonly Wish[]): void => {
    if (wishes.length === 0) return;
    throw new ServescapeError('not-allowed', `This project came from elsewhere; it wants to ${wishWords(wishes)}.`, {
      hint: 'Allow it on the project’s banner, or with --trust on the command line, if you know who made it.',
    });
  };
  return {
    found: (spec) => {
      doubtful = [...doubtful, ...wishesOf(spec).filter((wish) => !isAmong(allowed, wish) && !isAmong(doubtful, wish))];
    },
    // What a file named first is not picked by passing through the form.
    picked: (before, spec) => allow(wishesOf(spec).filter((wish) => !isAmong(doubtful, wish) && !isAmong(before === null ? [] : wishesOf(before), wish))),
    allow, inDoubt,
    refuseDoubtful: (spec) => refuse(inDoubt(spec)),
    refuseDoubtfulImage: (reference) => refuse(doubtful.filter((wish) => isSameWish(wish, { kind: 'image', value: reference }))),
  };
}

function readList(path: string): readonly Wish[] {
  try {
    return listSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}
