import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ServescapeError } from '../../domain/errors.ts';
import { sharedLibraries } from './shared-libraries.ts';
import { fileEntry as file, textEntry as text, type TarEntry } from './tar.ts';

/** A part of this program that runs in a container by itself. */
export interface ProgramPart {
  /** Files it is started with, as a process or as a thread, source or built; the parent of their folder is the root of what they import. */
  readonly entries: readonly [string, ...string[]];
  /** A Node program for Linux that this machine runs; null where there is none, as inside the packaged desktop program. */
  readonly nodePath: string | null;
  readonly version: string;
  /** Packages that are collected by whoever asks. */
  readonly withoutPackages?: readonly string[];
  /** Programs and libraries that need the C library too. */
  readonly binaries?: readonly string[];
}

/** Everything an image holds, and a fingerprint of it. */
export interface ImageFiles {
  readonly entries: readonly TarEntry[];
  readonly fingerprint: string;
}

export const READ = 0o644;
export const RUN = 0o755;

/** For a refusal: "The bundled server", and what to do instead. */
export interface PartWords {
  readonly what: string;
  readonly instead: string;
}

/** @throws ServescapeError `unsupported` where no Linux program can be copied */
export function refuseWithoutNode(nodePath: string | null, { what, instead }: PartWords): asserts nodePath is string {
  if (process.platform === 'linux' && nodePath !== null) return;
  throw new ServescapeError('unsupported', `${what} can be made into an image only on Linux, from a Node program that is there.`, { hint: instead });
}

/**
 * A root file system with Node, the C libraries it needs and the part in /app: an image without a base image, so no registry is
 * needed.
 * @throws ServescapeError `unsupported` where no Linux program can be copied
 */
export async function collectProgram({ entries, nodePath, version, withoutPackages = [], binaries = [] }: ProgramPart, words: PartWords): Promise<readonly TarEntry[]> {
  refuseWithoutNode(nodePath, words);
  const { what, instead } = words;
  const libraries = await sharedLibraries([nodePath, ...binaries]).catch((cause: unknown) => {
    throw new ServescapeError('unsupported', `${what} cannot be made into an image here: “ldd” does not say which libraries it needs.`, { hint: instead, cause });
  });
  const program = programFiles(entries);
  return [
    ...['bin', 'etc', 'app'].map((path): TarEntry => ({ kind: 'folder', path, mode: RUN })),
    { kind: 'folder', path: 'tmp', mode: 0o1777 },
    text('etc/passwd', 'root:x:0:0::/:/bin/node\nnobody:x:65534:65534::/:/bin/node\n'),
    text('etc/nsswitch.conf', 'hosts: files dns\n'),
    file('bin/node', nodePath, RUN),
    ...libraries.map((path) => file(path.slice(1), path, RUN)),
    ...packageFiles(program.packages.filter((name) => !withoutPackages.includes(name)), dirname(entries[0])),
    text('app/package.json', JSON.stringify({ name: 'servescape', version, private: true, type: 'module' })),
    ...program.entries,
  ];
}

/** The part's own files and what they import, as JavaScript: stripping types at every start would cost CPU. */
function programFiles(starts: ProgramPart['entries']): { readonly entries: readonly TarEntry[]; readonly packages: readonly string[] } {
  const root = dirname(dirname(starts[0]));
  const isSource = starts[0].endsWith('.ts');
  const waiting: string[] = [...starts];
  const seen = new Set<string>();
  const packages = new Set<string>();
  const entries: TarEntry[] = [];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const source = readFileSync(path, 'utf8');
    const code = isSource ? withoutTypes(source) : source;
    for (const [, target] of code.matchAll(RELATIVE_IMPORT)) waiting.push(resolve(dirname(path), target!));
    for (const [, name] of code.matchAll(PACKAGE_IMPORT)) packages.add(name!);
    const shown = relative(root, path).split(sep).join('/').replace(/\.ts$/, '.js');
    entries.push(text(`app/${shown}`, code.replace(RELATIVE_IMPORT, (statement) => statement.replace(/\.ts(['"])$/, '.js$1'))));
  }
  return { entries: entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)), packages: [...packages].sort() };
}

/** Node calls its own function experimental on every use; that is nothing a user could act upon. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

const RELATIVE_IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{1,2}\/[^"']+)["']/g;

const PACKAGE_IMPORT = /^\s*(?:import|export)\b[^'"]*["'](?!node:|\.)((?:@[^/"']+\/)?[^/"']+)/gm;

/** Packages with what they need, where Node will look for them. */
function packageFiles(names: readonly string[], from: string): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  const seen = new Set<string>();
  const waiting = names.map((name) => ({ name, from }));
  for (let wanted = waiting.pop(); wanted !== undefined; wanted = waiting.pop()) {
    const folder = findPackage(wanted.name, wanted.from);
    if (folder === null || seen.has(folder)) continue;
    seen.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
    for (const name of Object.keys(dependencies)) if (!name.startsWith('@types/')) waiting.push({ name, from: folder });
    const place = `app/${folder.slice(folder.indexOf('node_modules')).split(sep).join('/')}`;
    for (const name of filesBelow(folder, '.')) {
      if (/\.(js|cjs|mjs|json|proto|wasm)$/.test(name) && !name.includes('node_modules')) entries.push(file(`${place}/${name.split(sep).join('/')}`, join(folder, name), READ));
    }
  }
  return entries;
}

function findPackage(name: string, from: string): string | null {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
  }
  return null;
}

export function filesBelow(folder: string, below: string): readonly string[] {
  return readdirSync(join(folder, below), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile()).map((one) => relative(folder, join(one.parentPath, one.name))).sort();
}

/** Of contents where they are ours, of sizes and versions where they are large: quick enough to ask before every run. */
export function fingerprintOf(entries: readonly TarEntry[], version: string): string {
  const hash = createHash('sha256').update(`${version}\n${process.version}\n${process.arch}\n`);
  for (const entry of entries) {
    hash.update(`${entry.path}\n`);
    if (entry.kind === 'text') hash.update(entry.content);
    if (entry.kind === 'file') hash.update(entry.bytes < 100_000 ? readFileSync(entry.from) : String(entry.bytes));
  }
  return hash.digest('hex').slice(0, 32);
}
