import type Docker from 'dockerode';
import { BUNDLED_IMAGE } from '../../domain/study-spec.ts';
import { ServescapeError } from '../../domain/errors.ts';
import type { Engine } from './engine.ts';
import { contentLabel, importImage, type BuildOptions } from './import-image.ts';
import { collectServerImage, type ServerImageSource } from './server-image-files.ts';

export function isBundledImage(reference: string): boolean {
  return reference === BUNDLED_IMAGE || reference.startsWith(`${BUNDLED_IMAGE}:`);
}

export function bundledReference(source: Pick<ServerImageSource, 'version'>): string {
  return `${BUNDLED_IMAGE}:${source.version}`;
}

export type BundledState = 'ready' | 'outdated' | 'absent' | 'impossible';

/** Whether the image is there and made from the program's present files. */
export async function bundledState(docker: Docker, source: ServerImageSource): Promise<BundledState> {
  const label = await contentLabel(docker, bundledReference(source));
  try {
    const { fingerprint } = await collectServerImage(source);
    return label === null ? 'absent' : label === fingerprint ? 'ready' : 'outdated';
  } catch {
    return label === null ? 'impossible' : 'ready';
  }
}

/**
 * The image of the bundled server, built here when it is not there yet or made from other files; no registry is asked.
 * @returns its name
 */
export async function ensureServerImage(engine: Engine, source: ServerImageSource, options: BuildOptions = {}): Promise<string> {
  const { docker, facts } = engine;
  const reference = bundledReference(source);
  const before = await contentLabel(docker, reference);
  const files = await collectServerImage(source).catch((error: unknown) => {
    if (before === null) throw error;
    return null;
  });
  if (files === null || before === files.fingerprint) return reference;
  refuseOtherProcessor(facts.architecture);
  await importImage(docker, {
    repo: BUNDLED_IMAGE, tag: source.version, ...files, changes: CHANGES, doing: 'build the image of the bundled server',
  }, options);
  return reference;
}

const CHANGES = [
  'ENTRYPOINT ["/bin/node","/app/entry.js"]', 'WORKDIR /app', 'EXPOSE 8501', 'ENV ORT_DISABLE_TELEMETRY=1', 'ENV MODEL_NAME=model',
];

const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = { x64: ['x86_64', 'amd64'], arm64: ['aarch64', 'arm64'] };

function refuseOtherProcessor(architecture: string): void {
  if (architecture === '' || (ARCHITECTURES[process.arch] ?? []).includes(architecture)) return;
  throw new ServescapeError('unsupported', `The bundled server made on this machine (${process.arch}) does not run on Docker’s (${architecture}).`, {
    hint: 'Choose a tensorflow/serving image for that machine.',
  });
}
