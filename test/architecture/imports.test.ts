import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The house rules as a table. A room may import itself, `domain` and what stands here; type imports count too.
 * `*` may see every room: that is what wiring is for.
 */
const ROOMS: Record<string, { rooms: string[] | '*'; libraries: string[] }> = {
  'main/domain': { rooms: [], libraries: ['zod'] },
  'main/contract': { rooms: ['main/domain'], libraries: ['zod'] },
  'main/optimizer': { rooms: ['main/domain'], libraries: [] },
  'main/optimizer/thread': { rooms: ['main/domain', 'main/optimizer', 'main/study'], libraries: ['node:'] },
  'main/study': { rooms: ['main/domain', 'main/contract', 'main/optimizer'], libraries: [] },
  'main/workloads': { rooms: ['main/domain'], libraries: ['node:', 'zod', 'csv-parse', 'jpeg-js', 'pngjs'] },
  'main/load': { rooms: ['main/domain', 'main/workloads', 'main/study'], libraries: ['node:', 'undici', 'hdr-histogram-js'] },
  'main/modelserver': { rooms: ['main/domain'], libraries: ['node:', 'onnxruntime-node', 'onnxruntime-common', 'zod', 'jpeg-js'] },
  'main/serving': { rooms: ['main/domain', 'main/study'], libraries: ['node:', 'undici', 'dockerode', 'ssh2', 'zod'] },
  'main/hardware': { rooms: ['main/domain', 'main/contract', 'main/study', 'main/serving'], libraries: ['node:', 'execa'] },
  'main/project': { rooms: ['main/domain', 'main/contract', 'main/study'], libraries: ['node:', 'zod'] },
  'main/report': { rooms: ['main/domain', 'main/contract'], libraries: [] },
  'main/host': { rooms: '*', libraries: ['node:', 'ws', 'zod'] },
  'main/compose.ts': { rooms: '*', libraries: ['node:'] },
  electron: { rooms: ['main/domain', 'main/contract', 'main/host', 'main/compose.ts'], libraries: ['node:', 'electron', 'zod'] },
  renderer: { rooms: ['main/domain', 'main/contract'], libraries: ['svelte', 'bits-ui', 'chart.js', 'chartjs-plugin-annotation', 'marked', 'zod'] },
};

/** Rooms that stand behind a port know the port's types only. */
const TYPES_ONLY: [from: string, to: string][] = [
  ['main/load', 'main/study'], ['main/serving', 'main/study'], ['main/hardware', 'main/study'], ['main/project', 'main/study'],
  ['main/optimizer/thread', 'main/study'], ['main/study', 'main/contract'], ['main/hardware', 'main/contract'],
];

const root = resolve(import.meta.dirname, '../..');
const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;

interface Import { readonly file: string; readonly room: string; readonly target: string; readonly typeOnly: boolean }

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return /\.(ts|svelte)$/.test(name) ? [path] : [];
  });
}

function roomOf(path: string): string {
  const shown = relative(root, path);
  const names = Object.keys(ROOMS).filter((room) => shown === room || shown.startsWith(`${room}/`));
  return names.sort((a, b) => b.length - a.length)[0] ?? `outside (${shown})`;
}

const imports: Import[] = ['main', 'electron', 'renderer'].flatMap((zone) => sourceFiles(join(root, zone))).flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((match) => ({
    file: relative(root, file), room: roomOf(file), typeOnly: match[1] !== undefined,
    target: match[2]!.startsWith('.') ? roomOf(resolve(dirname(file), match[2]!)) : match[2]!,
  })),
);

describe('the house', () => {
  it('is read: every zone has imports to judge', () => {
    expect(new Set(imports.map(({ room }) => room)).size).toBeGreaterThan(8);
  });

  it.each(Object.entries(ROOMS))('%s imports only what its door allows', (room, { rooms, libraries }) => {
    const wrong = imports
      .filter((one) => one.room === room && one.target !== room)
      .filter(({ target }) =>
        target in ROOMS
          ? rooms !== '*' && !rooms.includes(target)
          : !libraries.some((library) => target === library || target.startsWith(library.endsWith(':') ? library : `${library}/`)),
      )
      .map(({ file, target }) => `${file} → ${target}`);
    expect(wrong).toEqual([]);
  });

  it.each(TYPES_ONLY)('%s takes only types from %s', (from, to) => {
    const wrong = imports.filter((one) => one.room === from && one.target === to && !one.typeOnly).map(({ file }) => file);
    expect(wrong).toEqual([]);
  });

  it('every room has a card', () => {
    const rooms = Object.keys(ROOMS).filter((room) => !room.endsWith('.ts') && room !== 'main/report' && !room.endsWith('/thread'));
    const missing = rooms.filter((room) => {
      try {
        return !statSync(join(root, room, 'README.md')).isFile();
      } catch {
        return true;
      }
    });
    expect(missing).toEqual([]);
  });
});

it('numbers on screen are written by domain/format.ts alone', () => {
  const wrong = sourceFiles(join(root, 'renderer')).filter((file) => /\.toFixed\(|\.toLocaleString\(|Intl\.NumberFormat/.test(readFileSync(file, 'utf8'))).map((file) => relative(root, file));
  expect(wrong).toEqual([]);
});
