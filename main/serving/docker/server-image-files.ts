import { createRequire } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { collectProgram, filesBelow, fingerprintOf, READ, refuseWithoutNode, RUN, type ImageFiles, type PartWords, type ProgramPart } from './program-files.ts';
import { fileEntry as file, textEntry as text, type TarEntry } from './tar.ts';

export interface ServerImageSource extends Pick<ProgramPart, 'nodePath' | 'version'> {
  /** The model server's file, source or built. */
  readonly serverEntry: string;
}

/** The inference engine is collected on its own: its package holds binaries for every system. */
const ENGINE_PACKAGES: readonly string[] = ['onnxruntime-node', 'onnxruntime-common'];
const WORDS: PartWords = { what: 'The bundled server', instead: 'Choose a tensorflow/serving image, or the built-in server without Docker.' };

/** The model server with its inference engine. @throws ServescapeError `unsupported` where no Linux program can be copied */
export async function collectServerImage({ serverEntry, nodePath, version }: ServerImageSource): Promise<ImageFiles> {
  refuseWithoutNode(nodePath, WORDS);
  const engine = engineFiles(serverEntry);
  const worker = join(dirname(serverEntry), `inference-worker${extname(serverEntry)}`);
  const program = await collectProgram({ entries: [serverEntry, worker], nodePath, version, withoutPackages: ENGINE_PACKAGES, binaries: engine.binaries }, WORDS);
  const entries: readonly TarEntry[] = [
    ...['models', 'config'].map((path): TarEntry => ({ kind: 'folder', path, mode: RUN })),
    ...program, ...engine.entries, text('app/entry.js', ENTRY),
  ];
  return { entries, fingerprint: fingerprintOf(entries, version) };
}

/** What `tf_serving_entrypoint.sh` does in TensorFlow Serving's images: names and ports first, then what was given. */
const ENTRY = `const { MODEL_NAME = 'model', MODEL_BASE_PATH = '/models' } = process.env;
process.argv.splice(2, 0, '--port=8500', '--rest_api_port=8501', '--bind_address=0.0.0.0',
  \`--model_name=\${MODEL_NAME}\`, \`--model_base_path=\${MODEL_BASE_PATH}/\${MODEL_NAME}\`);
await import('./modelserver/main.js');
`;

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
