import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ServescapeError } from '../../domain/errors.ts';
import type { Engine } from './engine.ts';
import { contentLabel, importImage } from './import-image.ts';
import { demultiplex } from './output-frames.ts';
import { fingerprintOf } from './program-files.ts';
import { sharedLibraries } from './shared-libraries.ts';
import { fileEntry, tarStream, textEntry, type TarEntry } from './tar.ts';

/** iproute2's two programs. */
export type NetworkProgram = 'ip' | 'tc';

const HELPER_IMAGE = 'servescape/network-helper';
const TAG = '1';
const COMMANDS = 'commands';
const TIMEOUT_MS = 20_000;

/**
 * An image with this machine's `ip` and `tc` and their libraries, made here when it is not there yet.
 * @throws ServescapeError `unsupported` where they are not to be had
 */
export async function ensureHelperImage({ docker }: Engine, signal: AbortSignal): Promise<string> {
  const programs = (['ip', 'tc'] as const).map((name) => ({ name, path: findProgram(name) }));
  const libraries = await sharedLibraries(programs.map(({ path }) => path)).catch((cause: unknown) => Promise.reject(notHere('“ldd” does not say which libraries they need', cause)));
  const entries: readonly TarEntry[] = [
    { kind: 'folder', path: 'bin', mode: 0o755 },
    ...programs.map(({ name, path }) => fileEntry(`bin/${name}`, path, 0o755)),
    ...libraries.map((path) => fileEntry(path.slice(1), path, 0o755)),
  ];
  const fingerprint = fingerprintOf(entries, TAG);
  const reference = `${HELPER_IMAGE}:${TAG}`;
  if ((await contentLabel(docker, reference)) === fingerprint) return reference;
  await importImage(docker, { repo: HELPER_IMAGE, tag: TAG, entries, fingerprint, changes: ['ENTRYPOINT ["/bin/tc"]'], doing: 'build the image that shapes the network' }, { signal });
  return reference;
}

function findProgram(name: NetworkProgram): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const path = process.platform === 'linux' ? folders.map((folder) => join(folder, name)).find(isProgram) : undefined;
  if (path === undefined) throw notHere(`“${name}” is not installed`);
  return path;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function notHere(why: string, cause?: unknown): ServescapeError {
  return new ServescapeError('unsupported', `The kernel cannot be asked to shape the network from here: ${why}.`, { cause });
}

export interface HelperRun {
  readonly image: string;
  /** Whose network: a container's id, or `none` for one of its own that is gone right after. */
  readonly network: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Past lines that fail. */
  readonly goOn?: boolean;
}

export interface HelperAnswer {
  readonly ok: boolean;
  /** Everything it printed. */
  readonly text: string;
}

/** Runs commands of one program, in order, until one fails. */
export async function runHelper({ docker }: Engine, program: NetworkProgram, lines: readonly string[], { image, network, labels, signal, goOn = false }: HelperRun): Promise<HelperAnswer> {
  const container = await docker.createContainer({
    Image: image, Entrypoint: [`/bin/${program}`], Cmd: [...(goOn ? ['-force'] : []), '-batch', `/${COMMANDS}`], Labels: { ...labels },
    HostConfig: {
      NetworkMode: network === 'none' ? 'none' : `container:${network}`,
      CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'], SecurityOpt: ['no-new-privileges'], LogConfig: { Type: 'json-file', Config: {} },
    },
  });
  try {
    await container.putArchive(tarStream([textEntry(COMMANDS, `${lines.join('\n')}\n`)]), { path: '/' });
    await container.start();
    // Not before the start: a container that was only created counts as one that is not running, with exit code 0.
    const { StatusCode } = (await container.wait({ abortSignal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })) as { readonly StatusCode: number };
    return { ok: StatusCode === 0, text: demultiplex((await container.logs({ stdout: true, stderr: true })) as unknown as Buffer).trim() };
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}
