import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import { ServescapeError } from '../../domain/errors.ts';
import { dockerFailure, engineLost } from './docker-errors.ts';
import { openEngine } from './engine.ts';
import type { EngineAddress } from './engine-address.ts';
import { labelsFor, thisOwner } from './labels.ts';
import { loadImage, type LoadImageSource } from './load-image.ts';
import { outputReader } from './output-frames.ts';
import { filesBelow } from './program-files.ts';
import { ensureProgramImage } from './program-image.ts';
import { fileEntry, tarStream, type TarEntry } from './tar.ts';

export interface LoadContainerOptions {
  readonly address: () => EngineAddress;
  readonly image: LoadImageSource;
  /** Keeps to the engine's last processor core, which pinned replicas keep off. */
  readonly pinned?: boolean;
}

export interface LoadContainer {
  /** Its input and output. Destroying it removes the container, before `close`; it is destroyed with the reason when the container ends by itself. */
  readonly stream: Duplex;
  /** The engine's address in words. */
  readonly engine: string;
}

/** What is brought along: a file or folder of this machine, and its absolute path in the container, below /data. */
interface Carried { readonly from: string; readonly to: string }

const DATA = '/data';
const MODE = 0o644;

/**
 * The load generator in a container in the engine's own network, where every replica can be reached. It is spoken to over the
 * connection it is attached by, so no port is opened; when that ends, as with this program, so does the container, and is removed.
 * @returns starts one; rejects with a ServescapeError in words
 */
export function createLoadContainers({ address, image, pinned = false }: LoadContainerOptions): (carried: readonly Carried[], signal: AbortSignal) => Promise<LoadContainer> {
  let made: string | null = null;
  return async (carried, signal) => {
    const engine = await openEngine(address());
    const { docker, facts } = engine;
    let container: Docker.Container | null = null;
    try {
      const reference = (made ??= await ensureProgramImage(engine, loadImage(image), { signal }));
      signal.throwIfAborted();
      const id = randomUUID().slice(0, 12);
      const labels = labelsFor(id, await thisOwner(), image.version, { project: 'load', study: 'load', trial: 0 });
      container = await docker.createContainer(createOptions(`servescape-load-${id}`, reference, labels, pinned ? String(facts.cores - 1) : null));
      await container.putArchive(tarStream(entriesOf(carried)), { path: DATA });
      const socket = (await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })) as unknown as Duplex;
      const exit = container.wait({ condition: 'next-exit' }).then(({ StatusCode }: { StatusCode: number }) => StatusCode, () => null);
      await container.start();
      signal.throwIfAborted();
      return { stream: containerStream({ docker, container, socket, exit }), engine: engine.address.words };
    } catch (error) {
      await container?.remove({ force: true, v: true }).catch(() => undefined);
      // It may have been removed meanwhile.
      made = null;
      signal.throwIfAborted();
      throw dockerFailure(error, { doing: 'start the load generator beside the replicas' });
    }
  };
}

function createOptions(name: string, image: string, labels: Readonly<Record<string, string>>, cpuset: string | null): Docker.ContainerCreateOptions {
  return {
    name, Image: image, Labels: { ...labels }, Cmd: [`${DATA}/bundled`, `${DATA}/own`],
    AttachStdin: true, AttachStdout: true, AttachStderr: true, OpenStdin: true, StdinOnce: true,
    HostConfig: {
      NetworkMode: 'host', AutoRemove: true, ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'],
      Tmpfs: { '/tmp': 'rw,size=64m' }, LogConfig: { Type: 'none', Config: {} },
      Mounts: [{ Type: 'volume', Source: '', Target: DATA, VolumeOptions: { NoCopy: true, Labels: { ...labels }, DriverConfig: { Name: 'local', Options: {} } } }],
      ...(cpuset !== null && { CpusetCpus: cpuset }),
    },
  };
}

function entriesOf(carried: readonly Carried[]): readonly TarEntry[] {
  const files = carried.flatMap(({ from, to }) => {
    const path = to.slice(DATA.length + 1);
    return lstatSync(from).isDirectory() ? filesBelow(from, '.').map((name) => fileEntry(`${path}/${name}`, join(from, name), MODE)) : [fileEntry(path, from, MODE)];
  });
  const folders = new Set<string>();
  for (const { path } of files) for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  return [...[...folders].sort().map((path): TarEntry => ({ kind: 'folder', path, mode: 0o755 })), ...files];
}

interface Attached {
  readonly docker: Docker;
  readonly container: Docker.Container;
  readonly socket: Duplex;
  /** Null when the engine went away. */
  readonly exit: Promise<number | null>;
}

const SAID_CHARACTERS = 2000;
/** News of the end may arrive a moment after the connection has ended. */
const NEWS_WAIT_MS = 2000;

function containerStream({ docker, container, socket, exit }: Attached): Duplex {
  let said = '';
  const stream = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => void socket.write(bytes, done),
    destroy: (error, done) => {
      socket.destroy();
      void removed(container).then(() => done(error));
    },
  });
  const end = async (): Promise<void> => {
    if (stream.destroyed) return;
    const code = await Promise.race([exit, wait(NEWS_WAIT_MS, null)]);
    const answers = await docker.ping().then(() => true, () => false);
    stream.destroy(answers ? ended(code, said) : engineLost('run the load generator'));
  };
  const read = outputReader((bytes, from) => {
    if (from === 'stdout') stream.push(Buffer.from(bytes));
    else said = (said + bytes.toString('utf8')).slice(-SAID_CHARACTERS);
  });
  socket.on('data', read).on('error', () => void end()).on('end', () => void end()).on('close', () => void end());
  return stream;
}

/** An engine removes such a container by itself; that may be under way. */
async function removed(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch(() => container.wait({ condition: 'removed' }).catch(() => undefined));
}

function ended(code: number | null, said: string): ServescapeError {
  const lines = said.split(/\r?\n/).filter((line) => line !== '');
  return new ServescapeError('connection-lost', `The load generator beside the replicas ended${code === null ? '' : ` with exit code ${code}`}: ${lines.at(-1) ?? 'it did not say why'}.`, {
    hint: 'Leave containers whose names begin with servescape- alone while a study runs; the next trial starts a fresh one.', log: lines,
  });
}
