import type { Readable } from 'node:stream';
import type { ContainerImage, ImageList, ImageProgress } from '../../domain/container-image.ts';
import { errorData, ServescapeError } from '../../domain/errors.ts';
import { dockerFailure } from './docker-errors.ts';
import { BYTES_PER_MB, engineName, openEngine, type Engine } from './engine.ts';
import { findEngineAddress, type EngineAddress } from './engine-address.ts';
import { createPullProgress, type PullMessage } from './pull-progress.ts';
import { throwStreamError } from './import-image.ts';
import { bundledReference, bundledState, ensureServerImage, isBundledImage } from './server-image.ts';
import type { ServerImageSource } from './server-image-files.ts';
import { jsonLines } from './stats.ts';

/** Looking at, fetching and building images. */
export interface ImageRoom {
  /** Never throws: what cannot be asked is said in `problem`. */
  list(): Promise<ImageList>;
  /**
   * Builds the bundled server's image or pulls another; an abort gives up.
   * @throws ServescapeError in words, also for errors inside an answer with status 200
   */
  prepare(reference: string, onProgress: (progress: ImageProgress) => void, signal: AbortSignal): Promise<void>;
}

/** At most ten a second. */
const TELL_EVERY_MS = 100;
const SERVES = /(^|\/)tensorflow[-/_]?serving|servescape\/model-server/i;

export function createImageRoom(source: ServerImageSource, address: () => EngineAddress = findEngineAddress): ImageRoom {
  return {
    list: async () => {
      const reference = bundledReference(source);
      try {
        const engine = await openEngine(address());
        const [state, images] = await Promise.all([bundledState(engine.docker, source), listImages(engine)]);
        return { engine: `${engineName(engine.facts)} at ${engine.address.words}`, engineIsLocal: engine.address.isLocal, problem: null, bundled: { reference, state }, images };
      } catch (error) {
        return { engine: '', engineIsLocal: true, problem: errorData(error), bundled: { reference, state: 'absent' }, images: [] };
      }
    },
    prepare: async (reference, onProgress, signal) => {
      const engine = await openEngine(address());
      signal.throwIfAborted();
      const tell = throttled(onProgress);
      if (isBundledImage(reference)) return build(engine, source, tell, signal);
      await pull(engine, withTag(reference), tell, signal);
    },
  };
}

async function listImages({ docker }: Engine): Promise<readonly ContainerImage[]> {
  const found = await docker.listImages();
  return found.flatMap(({ RepoTags, Size }) => (RepoTags ?? []).filter((tag) => tag !== '<none>:<none>').map((reference) => ({
    reference, sizeMb: Size / BYTES_PER_MB, serves: SERVES.test(reference),
  }))).toSorted((a, b) => Number(b.serves) - Number(a.serves) || (a.reference < b.reference ? -1 : 1));
}

async function build(engine: Engine, source: ServerImageSource, tell: (progress: ImageProgress, always?: boolean) => void, signal: AbortSignal): Promise<void> {
  const at = (share: number, done: boolean): ImageProgress => ({
    reference: bundledReference(source), kind: 'build', share, done,
    text: done ? 'It is here.' : share < 1 ? 'Handing files to Docker' : 'Docker unpacks them', layers: [],
  });
  tell(at(0, false), true);
  await ensureServerImage(engine, source, { signal, onProgress: (done, total) => tell(at(done / total, false)) });
  tell(at(1, true), true);
}

async function pull({ docker }: Engine, reference: string, tell: (progress: ImageProgress, always?: boolean) => void, signal: AbortSignal): Promise<void> {
  const progress = createPullProgress(reference);
  const problems: PullMessage[] = [];
  try {
    tell(progress.now(), true);
    const stream = (await docker.pull(reference, { abortSignal: signal })) as unknown as Readable;
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => void stream.destroy(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      stream.on('data', jsonLines((value) => {
        const message = value as PullMessage;
        if (message.error !== undefined) problems.push(message);
        progress.add(message);
        tell(progress.now());
      }));
      stream.on('end', resolve).on('error', reject).on('close', () => reject(new Error('the answer was cut off')));
    });
    throwStreamError(problems);
  } catch (error) {
    if (signal.aborted) throw new ServescapeError('aborted', `Fetching ${reference} was given up.`);
    throw dockerFailure(error, { doing: `fetch ${reference}`, image: reference });
  }
  tell(progress.now(true), true);
}

/** Without a tag an engine would fetch every one there is. */
export function withTag(reference: string): string {
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? reference : `${reference}:latest`;
}

function throttled(onProgress: (progress: ImageProgress) => void): (progress: ImageProgress, always?: boolean) => void {
  let toldMs = -Infinity;
  return (progress, always = false) => {
    if (!always && performance.now() - toldMs < TELL_EVERY_MS) return;
    toldMs = performance.now();
    onProgress(progress);
  };
}
