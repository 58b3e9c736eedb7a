import type Docker from 'dockerode';
import { ServescapeError } from '../../domain/errors.ts';
import type { Engine } from './engine.ts';
import { contentLabel, importImage, type BuildOptions } from './import-image.ts';
import type { ImageFiles } from './program-files.ts';

/** A part of this program as an image that is made here when it is needed. */
export interface ProgramImage {
  readonly repo: string;
  readonly tag: string;
  /** "the bundled server" */
  readonly what: string;
  /** What to do where it cannot be made for an engine. */
  readonly instead: string;
  /** Stands for what it is made from. */
  readonly key: string;
  readonly collect: () => Promise<ImageFiles>;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
}

export type ImageState = 'ready' | 'outdated' | 'absent' | 'impossible';

export function referenceOf({ repo, tag }: Pick<ProgramImage, 'repo' | 'tag'>): string {
  return `${repo}:${tag}`;
}

const collected = new Map<string, Promise<ImageFiles>>();

/** This program's own files do not change while it runs. */
function filesOf(image: ProgramImage): Promise<ImageFiles> {
  const found = collected.get(image.key) ?? image.collect();
  collected.set(image.key, found);
  found.catch(() => collected.delete(image.key));
  return found;
}

/** Whether the image is there and made from the program's present files. */
export async function stateOf(docker: Docker, image: ProgramImage): Promise<ImageState> {
  const label = await contentLabel(docker, referenceOf(image));
  try {
    const { fingerprint } = await filesOf(image);
    return label === null ? 'absent' : label === fingerprint ? 'ready' : 'outdated';
  } catch {
    return label === null ? 'impossible' : 'ready';
  }
}

/** Made when it is not there yet or was made from other files; no registry is asked. @returns its name */
export async function ensureProgramImage({ docker, facts }: Engine, image: ProgramImage, options: BuildOptions = {}): Promise<string> {
  const reference = referenceOf(image);
  const before = await contentLabel(docker, reference);
  const files = await filesOf(image).catch((error: unknown) => {
    if (before === null) throw error;
    return null;
  });
  if (files === null || before === files.fingerprint) return reference;
  refuseOtherProcessor(facts.architecture, image);
  await importImage(docker, { ...image, ...files, doing: `build the image of ${image.what}` }, options);
  return reference;
}

const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = { x64: ['x86_64', 'amd64'], arm64: ['aarch64', 'arm64'] };

function refuseOtherProcessor(architecture: string, { what, instead }: ProgramImage): void {
  if (architecture === '' || (ARCHITECTURES[process.arch] ?? []).includes(architecture)) return;
  const sentence = `${what} made on this machine (${process.arch}) does not run on Docker’s (${architecture}).`;
  throw new ServescapeError('unsupported', sentence.replace(/^t/, 'T'), { hint: instead });
}
