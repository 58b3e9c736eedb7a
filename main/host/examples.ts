import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import type { ExampleInfo } from '../contract/values.ts';

const indexSchema = z.array(z.strictObject({ title: z.string(), text: z.string(), facts: z.string(), file: z.string() }));

/** Projects that come with the program: what was measured elsewhere, to be looked at. */
export async function listExamples(resourcesRoot: string): Promise<readonly ExampleInfo[]> {
  const folder = join(resourcesRoot, 'examples');
  const index = join(folder, 'index.json');
  if (!existsSync(index)) return [];
  return indexSchema.parse(JSON.parse(readFileSync(index, 'utf8'))).map(({ file, ...shown }) => ({ ...shown, path: join(folder, file) }));
}

/** An example stays as it is: it opens read-only, whatever its folder allows. */
export function isExample(resourcesRoot: string, path: string): boolean {
  const place = relative(join(resourcesRoot, 'examples'), resolve(path));
  return place !== '' && !place.startsWith('..') && !place.includes('/') && !place.includes('\\');
}
