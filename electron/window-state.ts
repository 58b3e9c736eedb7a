import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const boundsSchema = z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() });
const windowStateSchema = z.object({ bounds: boundsSchema, maximised: z.boolean() });
export type Bounds = z.infer<typeof boundsSchema>;
export type WindowState = z.infer<typeof windowStateSchema>;

const USUAL = { width: 1280, height: 800 };
export const LEAST = { width: 800, height: 600 };

/** Where the window was; null on the first start or when the note cannot be read. */
export function readWindowState(path: string): WindowState | null {
  try {
    return windowStateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

/** Best effort: a window that forgets its place is no reason to stop. */
export function writeWindowState(path: string, state: WindowState): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify(state));
    renameSync(`${path}.new`, path);
  } catch {
    // The next start uses the usual size.
  }
}

/** The remembered bounds when enough of the title bar to grab lies on a screen that is there now, else the usual size. */
export function placeWindow(state: WindowState | null, workAreas: readonly Bounds[]): Partial<Bounds> & typeof USUAL {
  if (state === null) return USUAL;
  const { x, y } = state.bounds;
  const width = Math.max(state.bounds.width, LEAST.width);
  const height = Math.max(state.bounds.height, LEAST.height);
  const reachable = workAreas.some(
    (area) => y >= area.y && y <= area.y + area.height - 44 && x + width >= area.x + 200 && x <= area.x + area.width - 200,
  );
  return reachable ? { x, y, width, height } : { width, height };
}
