import { z } from 'zod';
import { BUNDLED_IMAGE, ENGINE_HERE, type StudySpec } from './study-spec.ts';

/** What a study would use of this machine beyond what comes with the program. */
export const wishSchema = z.strictObject({ kind: z.enum(['image', 'place', 'engine']), value: z.string().max(4096) });
export type Wish = z.infer<typeof wishSchema>;

/** Images that would be run; files and folders that would be read, or mounted into a container; engines elsewhere that would be asked. */
export function wishesOf({ backend, model }: Pick<StudySpec, 'backend' | 'model'>): readonly Wish[] {
  const containers = backend.kind === 'docker' || backend.kind === 'swarm' ? backend : null;
  const places = [model.modelPath, model.dataPath, containers?.modelFolder];
  return [
    ...(containers !== null && containers.image !== BUNDLED_IMAGE ? [{ kind: 'image', value: containers.image } as const] : []),
    ...(containers?.engines ?? []).filter((value) => value !== ENGINE_HERE).map((value) => ({ kind: 'engine', value }) as const),
    ...[...new Set(places)].filter((value) => value !== undefined && value !== null).map((value) => ({ kind: 'place', value }) as const),
  ];
}

export function isSameWish(one: Wish, other: Wish): boolean {
  return one.kind === other.kind && one.value === other.value;
}

/** "run the image “x” and use the folder or file “/y”", shortened for reading; control characters are left out. */
export function wishWords(wishes: readonly Wish[]): string {
  const words = wishes.slice(0, SHOWN_MAX).map(({ kind, value }) => `${WORDS[kind]} “${shown(value)}”`);
  if (wishes.length > SHOWN_MAX) words.push(`use ${wishes.length - SHOWN_MAX} more`);
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

const WORDS: Readonly<Record<Wish['kind'], string>> = { image: 'run the image', place: 'use the folder or file', engine: 'use the engine' };
const SHOWN_MAX = 6;

function shown(value: string): string {
  const clean = value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return clean.length > 120 ? `${clean.slice(0, 50)}…${clean.slice(-60)}` : clean;
}
