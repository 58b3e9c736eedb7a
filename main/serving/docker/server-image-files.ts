import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ServescapeError } from '../../domain/errors.ts';
import { sharedLibraries } from './shared-libraries.ts';
import { fileEntry as file, textEntry as text, type TarEntry } from './tar.ts';

export interface ServerImageSource {
  /** The model server's file, source or built; its folder's parent is the root of what it imports. */
  readonly serverEntry: string;
  /** A Node program for Linux that this machine runs; null where there is none, as inside the packaged desktop program. */
  readonly nodePath: string | null;
  readonly version: string;
}

/** Everything the image holds, and a fingerprint of it. */
export interface ServerImageFiles {
  readonly entries: readonly TarEntry[];
  readonly fingerprint: string;
}

const READ = 0o644;
const RUN = 0o755;

/**
 * A root file system with Node, the C libraries it needs, the inference engine and the model server: an image without
 * a base image, so no registry is needed.
 * @throws ServescapeError `unsupported` where no Linux program can be copied
 */
export async function collectServerImage({ serverEntry, nodePath, version }: ServerImageSource): Promise<ServerImageFiles> {
  if (process.platform !== 'linux' || nodePath === null) {
    throw new ServescapeError('unsupported', 'The bundled server can be made into an image only on Linux, from a Node program that is there.', {
      hint: 'Choose a tensorflow/serving image, or the built-in server without Docker.',
    });
  }
  const engine = engineFiles(serverEntry);
  const program = programFiles(serverEntry);
  const libraries = await sharedLibraries([nodePath, ...engine.binaries]).catch((cause: unknown) => {
    throw new ServescapeError('unsupported', 'The bundled server cannot be made into an image here: “ldd” does not say which libraries it needs.', {
      hint: 'Choose a tensorflow/serving image, or the built-in server without Docker.', cause,
    });
  });
  const entries: TarEntry[] = [
    ...['bin', 'etc', 'app', 'models', 'config'].map((path): TarEntry => ({ kind: 'folder', path, mode: RUN })),
    { kind: 'folder', path: 'tmp', mode: 0o1777 },
    text('etc/passwd', 'root:x:0:0::/:/bin/node\nnobody:x:65534:65534::/:/bin/node\n'),
    text('etc/nsswitch.conf', 'hosts: files dns\n'),
    file('bin/node', nodePath, RUN),
    ...libraries.map((path) => file(path.slice(1), path, RUN)),
    ...engine.entries,
    ...otherPackages(program.packages, serverEntry),
    text('app/package.json', JSON.stringify({ name: 'model-server', version, private: true, type: 'module' })),
    text('app/entry.js', ENTRY),
    ...program.entries,
  ];
  return { entries, fingerprint: fingerprintOf(entries, version) };
}

/** What `tf_serving_entrypoint.sh` does in TensorFlow Serving's images: names and ports first, then what was given. */
const ENTRY = `const { MODEL_NAME = 'model', MODEL_BASE_PATH = '/models' } = process.env;
process.argv.splice(2, 0, '--port=8500', '--rest_api_port=8501', '--bind_address=0.0.0.0',
  \`--model_name=\${MODEL_NAME}\`, \`--model_base_path=\${MODEL_BASE_PATH}/\${MODEL_NAME}\`);
await import('./modelserver/main.js');
`;

/** The server's own files and what they import, as JavaScript: stripping types at every start would cost CPU. */
function programFiles(serverEntry: string): { readonly entries: readonly TarEntry[]; readonly packages: readonly string[] } {
  const root = dirname(dirname(serverEntry));
  const extension = serverEntry.endsWith('.ts') ? '.ts' : '.js';
  const waiting = [serverEntry, join(dirname(serverEntry), `inference-worker${extension}`)];
  const seen = new Set<string>();
  const packages = new Set<string>();
  const entries: TarEntry[] = [];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const source = readFileSync(path, 'utf8');
    const code = extension === '.ts' ? withoutTypes(source) : source;
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
/** The inference engine is collected on its own: its package holds binaries for every system. */
const ON_ITS_OWN: readonly string[] = ['onnxruntime-node', 'onnxruntime-common'];

/** Every other package the server imports, with what those need, where Node will look for them. */
function otherPackages(names: readonly string[], serverEntry: string): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  const seen = new Set<string>();
  const waiting = names.filter((name) => !ON_ITS_OWN.includes(name)).map((name) => ({ name, from: dirname(serverEntry) }));
  for (let wanted = waiting.pop(); wanted !== undefined; wanted = waiting.pop()) {
    const folder = findPackage(wanted.name, wanted.from);
    if (folder === null || seen.has(folder)) continue;
    seen.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
    for (const name of Object.keys(dependencies)) if (!name.startsWith('@types/')) waiting.push({ name, from: folder });
    const place = `app/${folder.slice(folder.indexOf('node_modules')).split(sep).join('/')}`;
    for (const name of filesBelow(folder, '.')) {
      if (/\.(js|cjs|mjs|json|proto)$/.test(name) && !name.includes('node_modules')) entries.push(file(`${place}/${name.split(sep).join('/')}`, join(folder, name), READ));
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

function engineFiles(serverEntry: string): { readonly entries: readonly TarEntry[]; readonly binaries: readonly string[] } {
  const runtime = packageFolder(createRequire(serverEntry).resolve('onnxruntime-node'), 'onnxruntime-node');
  const common = packageFolder(createRequire(join(runtime, 'package.json')).resolve('onnxruntime-common'), 'onnxruntime-common');
  const native = join('bin', 'napi-v6', 'linux', process.arch);
  const kept = [
    ...['package.json', ...filesBelow(runtime, 'dist'), ...filesBelow(runtime, native)].map((name) => ({ folder: runtime, package: 'onnxruntime-node', name })),
    ...['package.json', ...filesBelow(common, 'dist')].map((name) => ({ folder: common, package: 'onnxruntime-common', name })),
  ].filter(({ name }) => !/\.(map|d\.ts|d\.cts)$/.test(name) && !name.includes('.min.'));
  return {
    entries: kept.map((one) => file(`app/node_modules/${one.package}/${one.name.split(sep).join('/')}`, join(one.folder, one.name), READ)),
    binaries: filesBelow(runtime, native).map((name) => join(runtime, name)),
  };
}

function packageFolder(inside: string, name: string): string {
  const end = inside.lastIndexOf(join('node_modules', name));
  return inside.slice(0, end + join('node_modules', name).length);
}

function filesBelow(folder: string, below: string): readonly string[] {
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
