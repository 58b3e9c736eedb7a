import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where an entry finds the rest of the program; the tree under out/main mirrors the one under main. */
export interface Places {
  readonly entries: { readonly modelServer: URL; readonly loadWorker: URL; readonly loadStation: URL; readonly samplerWorker: URL };
  readonly resourcesRoot: string;
  readonly rendererRoot: string;
  readonly version: string;
}

/**
 * `entryUrl` is the `import.meta.url` of an entry file (main/host/*.ts, out/main/*.js): a shared chunk would be
 * somewhere else. Workers get the extension of the entry, so source runs source and a build runs a build.
 */
export function placesBeside(entryUrl: string): Places {
  const fromSource = entryUrl.endsWith('.ts');
  const extension = fromSource ? 'ts' : 'js';
  const rooms = new URL(fromSource ? '../' : './', entryUrl);
  const root = new URL(fromSource ? '../' : '../../', rooms);
  return {
    entries: {
      modelServer: new URL(`modelserver/main.${extension}`, rooms),
      loadWorker: new URL(`load/load-worker.${extension}`, rooms),
      loadStation: new URL(`load/load-station.${extension}`, rooms),
      samplerWorker: new URL(`optimizer/thread/sampler-worker.${extension}`, rooms),
    },
    resourcesRoot: fileURLToPath(new URL('resources', root)),
    rendererRoot: fileURLToPath(new URL('out/renderer', root)),
    version: readVersion(new URL('package.json', root)),
  };
}

function readVersion(packageJson: URL): string {
  return (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version;
}
