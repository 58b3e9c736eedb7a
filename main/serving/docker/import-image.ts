import type Docker from 'dockerode';
import { dockerFailure, statusOf } from './docker-errors.ts';
import { tarBytes, tarStream, type TarEntry } from './tar.ts';

/** Says what an image of ours was made from. */
const CONTENT_LABEL = 'io.servescape.content';

export interface ImageRecipe {
  readonly repo: string;
  readonly tag: string;
  /** The whole root file system. */
  readonly entries: readonly TarEntry[];
  readonly fingerprint: string;
  /** Dockerfile instructions besides the label. */
  readonly changes: readonly string[];
  /** "build the image of …" */
  readonly doing: string;
}

export interface BuildOptions {
  readonly signal?: AbortSignal;
  /** Bytes handed to the engine so far, and altogether. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** An image of one layer from files of this machine; no registry is asked. @throws ServescapeError in words */
export async function importImage(docker: Docker, { repo, tag, entries, fingerprint, changes, doing }: ImageRecipe, { signal, onProgress }: BuildOptions = {}): Promise<void> {
  const total = tarBytes(entries);
  const archive = tarStream(entries);
  let done = 0;
  archive.on('data', (chunk: Buffer) => onProgress?.(Math.min(total, (done += chunk.length)), total));
  archive.pause();
  signal?.addEventListener('abort', () => archive.destroy(), { once: true });
  try {
    const stream = await docker.importImage(archive, { repo, tag, changes: [...changes, `LABEL ${CONTENT_LABEL}=${fingerprint}`] });
    const answers = await new Promise<readonly StreamAnswer[]>((resolve, reject) => {
      docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output as StreamAnswer[])));
    });
    throwStreamError(answers);
    // Podman passes over the tag and calls what it got "latest".
    const id = answers.findLast(({ status }) => status?.startsWith('sha256:'))?.status?.trim();
    if (id !== undefined && (await contentLabel(docker, `${repo}:${tag}`)) !== fingerprint) await docker.getImage(id).tag({ repo, tag });
  } catch (error) {
    signal?.throwIfAborted();
    throw dockerFailure(error, { doing, image: `${repo}:${tag}` });
  }
}

interface StreamAnswer {
  readonly status?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/** Failures of a build or pull arrive inside an answer with status 200. */
export function throwStreamError(answers: readonly StreamAnswer[]): void {
  const failed = answers.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.errorDetail?.message ?? failed.error);
}

/** What an image was made from; empty for one that is not ours, null when there is none of that name. */
export async function contentLabel(docker: Docker, reference: string): Promise<string | null> {
  try {
    const { Config } = await docker.getImage(reference).inspect();
    return Config.Labels?.[CONTENT_LABEL] ?? '';
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw dockerFailure(error, { doing: 'look at its images' });
  }
}
