import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * The absolute paths the loader takes for these programs; put at the same paths of an image, the copied loader finds them.
 * Rejects where there is no `ldd` or it does not know the program.
 */
export async function sharedLibraries(programs: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const program of programs) {
    const { stdout } = await promisify(execFile)('ldd', [program]);
    for (const [, path] of stdout.matchAll(/(?:=>\s+|^\s+)(\/\S+)\s+\(0x/gm)) if (!path!.includes('node_modules')) found.add(path!);
  }
  return [...found].sort();
}
