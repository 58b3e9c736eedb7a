import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8', '.map': 'application/json; charset=utf-8',
};

export interface StaticFile {
  readonly body: Buffer;
  readonly type: string;
  /** Its name contains a hash of its content: it may be kept for ever. */
  readonly immutable: boolean;
}

export interface StaticFiles {
  /** The file at a URL path such as `/assets/index-1a2b.js`; null when the build has no such file. */
  read(urlPath: string): Promise<StaticFile | null>;
}

/**
 * The built renderer. Only files found by listing `root` can be had, under the name they were listed by: a path that
 * climbs out, an encoded one or a link matches nothing. The list is made anew when the page itself is asked for.
 */
export function createStaticFiles(root: string): StaticFiles {
  let listing: Promise<ReadonlyMap<string, string>> | null = null;
  return {
    read: async (urlPath) => {
      const name = urlPath === '/' ? '/index.html' : urlPath;
      if (name === '/index.html' || listing === null) listing = listFiles(root);
      const path = (await listing).get(name);
      if (path === undefined) return null;
      return {
        body: await readFile(path),
        type: TYPES[extname(path)] ?? 'application/octet-stream',
        immutable: name.startsWith('/assets/'),
      };
    },
  };
}

async function listFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((path) => [`/${relative(root, path).split(sep).join('/')}`, path]));
}
