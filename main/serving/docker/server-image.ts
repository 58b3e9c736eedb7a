import type Docker from 'dockerode';
import { BUNDLED_IMAGE } from '../../domain/study-spec.ts';
import { ServescapeError } from '../../domain/errors.ts';
import { dockerFailure, statusOf } from './docker-errors.ts';
import type { Engine } from './engine.ts';
import { collectServerImage, type ServerImageSource } from './server-image-files.ts';
import { tarBytes, tarStream } from './tar.ts';

/** Says what an image of ours was made from. */
export const CONTENT_LABEL = 'io.servescape.content';

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

export interface BuildOptions {
  readonly signal?: AbortSignal;
  /** Bytes handed to the engine so far, and altogether. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
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
  const total = tarBytes(files.entries);
  const archive = tarStream(files.entries);
  let done = 0;
  archive.on('data', (chunk: Buffer) => options.onProgress?.(Math.min(total, (done += chunk.length)), total));
  archive.pause();
  options.signal?.addEventListener('abort', () => archive.destroy(), { once: true });
  const [repo, tag] = [BUNDLED_IMAGE, source.version];
  try {
    const stream = await docker.importImage(archive, { repo, tag, changes: CHANGES.concat(`LABEL ${CONTENT_LABEL}=${files.fingerprint}`) });
    const answers = await new Promise<readonly StreamAnswer[]>((resolve, reject) => {
      docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output as StreamAnswer[])));
    });
    throwStreamError(answers);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw dockerFailure(error, { doing: 'build the image of the bundled server', image: reference });
  }
  return reference;
}

const CHANGES = [
  'ENTRYPOINT ["/bin/node","/app/entry.js"]', 'WORKDIR /app', 'EXPOSE 8501', 'ENV ORT_DISABLE_TELEMETRY=1', 'ENV MODEL_NAME=model',
];

interface StreamAnswer {
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/** Failures of a build or pull arrive inside an answer with status 200. */
export function throwStreamError(answers: readonly StreamAnswer[]): void {
  const failed = answers.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.errorDetail?.message ?? failed.error);
}

async function contentLabel(docker: Docker, reference: string): Promise<string | null> {
  try {
    const { Config } = await docker.getImage(reference).inspect();
    return Config.Labels?.[CONTENT_LABEL] ?? '';
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw dockerFailure(error, { doing: 'look at its images' });
  }
}

const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = { x64: ['x86_64', 'amd64'], arm64: ['aarch64', 'arm64'] };

function refuseOtherProcessor(architecture: string): void {
  if (architecture === '' || (ARCHITECTURES[process.arch] ?? []).includes(architecture)) return;
  throw new ServescapeError('unsupported', `The bundled server made on this machine (${process.arch}) does not run on Docker’s (${architecture}).`, {
    hint: 'Choose a tensorflow/serving image for that machine.',
  });
}
