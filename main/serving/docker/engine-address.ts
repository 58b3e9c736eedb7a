import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DockerOptions } from 'dockerode';
import ssh2 from 'ssh2';
import { ServescapeError } from '../../domain/errors.ts';
import { ENGINE_HERE } from '../../domain/study-spec.ts';

/** Where an engine answers, and how that was found out. */
export interface EngineAddress {
  readonly options: DockerOptions;
  /** On this machine: folders can be mounted, and container addresses may be reachable. */
  readonly isLocal: boolean;
  /** "the usual socket", "DOCKER_HOST tcp://10.0.0.7:2375", "the Docker context “lab”" */
  readonly words: string;
}

export interface AddressFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

const thisMachine = (): AddressFacts => ({ environment: process.env, home: homedir(), platform: process.platform });

/**
 * As Docker's own command line chooses: DOCKER_HOST, then DOCKER_CONTEXT, then the current context, then the first
 * socket that exists, where Podman's Docker-compatible ones come last.
 */
export function findEngineAddress(facts: AddressFacts = thisMachine()): EngineAddress {
  const { environment } = facts;
  const host = environment['DOCKER_HOST'];
  if (host !== undefined && host !== '') return { ...fromHost(host, tlsOfEnvironment(facts), facts), words: `DOCKER_HOST ${host}` };
  const context = environment['DOCKER_CONTEXT'] || currentContext(facts.home);
  const found = context === null || context === 'default' ? null : fromContext(context, facts);
  if (found !== null) return { ...found, words: `the Docker context “${context}”` };
  return usualSocket(facts);
}

/**
 * The engine a study names: "here", an address, or the name of a Docker context.
 * @throws ServescapeError `not-found` when there is no such context
 */
export function engineAddress(engine: string, facts: AddressFacts = thisMachine()): EngineAddress {
  if (engine === ENGINE_HERE || engine === 'default') return usualSocket(facts);
  if (engine.includes('://')) return { ...fromHost(engine, tlsOfEnvironment(facts), facts), words: engine };
  const found = fromContext(engine, facts);
  if (found !== null) return { ...found, words: `the Docker context “${engine}”` };
  throw new ServescapeError('not-found', `There is no Docker context “${engine}” on this machine.`, {
    hint: `docker context ls shows those there are; make one with: docker context create ${engine} --docker host=ssh://USER@HOST`,
  });
}

type Place = Omit<EngineAddress, 'words'>;

interface Tls { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }

function fromHost(host: string, tls: Tls | null, { environment, home }: AddressFacts): Place {
  if (host.startsWith('unix://')) return { isLocal: true, options: { socketPath: host.slice('unix://'.length) } };
  if (host.startsWith('npipe://')) return { isLocal: true, options: { socketPath: host.slice('npipe://'.length) } };
  const url = URL.parse(host.includes('//') ? host.replace(/^tcp:/, 'http:') : `http://${host}`);
  if (url === null || url.hostname === '' || !['http:', 'https:', 'ssh:'].includes(url.protocol)) {
    throw new ServescapeError('bad-input', `“${host}” is not the address of a Docker engine.`, { hint: 'For example unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST, in DOCKER_HOST or the Docker context.' });
  }
  const name = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'ssh:') {
    return {
      isLocal: false,
      options: {
        protocol: 'ssh', host: name, port: Number(url.port || 22), username: decodeURIComponent(url.username) || (environment['USER'] ?? ''),
        sshOptions: { agent: environment['SSH_AUTH_SOCK'], ...usualKey(home) },
      } as DockerOptions,
    };
  }
  const port = Number(url.port || (tls === null ? 2375 : 2376));
  return { isLocal: false, options: { protocol: tls === null ? 'http' : 'https', host: name, port, ...tls } };
}

/** For those without an agent; one with a passphrase is left to the agent. */
function usualKey(home: string): { readonly privateKey?: Buffer } {
  for (const name of ['id_ed25519', 'id_ecdsa', 'id_rsa']) {
    const path = join(home, '.ssh', name);
    if (!existsSync(path)) continue;
    const privateKey = readFileSync(path);
    if (!(ssh2.utils.parseKey(privateKey) instanceof Error)) return { privateKey };
  }
  return {};
}

function tlsOfEnvironment({ environment, home }: AddressFacts): Tls | null {
  if ((environment['DOCKER_TLS_VERIFY'] ?? '') === '') return null;
  return readTls(environment['DOCKER_CERT_PATH'] ?? join(home, '.docker'));
}

function readTls(folder: string): Tls | null {
  const read = (name: string): Buffer | undefined => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : undefined);
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')];
  if (ca === undefined && cert === undefined) return null;
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function currentContext(home: string): string | null {
  return (readJson(join(home, '.docker', 'config.json')) as { currentContext?: string } | null)?.currentContext ?? null;
}

/** Contexts lie in folders named by the hash of their name. Null: no such context. */
function fromContext(name: string, facts: AddressFacts): Place | null {
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = join(facts.home, '.docker', 'contexts');
  const meta = readJson(join(contexts, 'meta', id, 'meta.json')) as { Endpoints?: { docker?: { Host?: string } } } | null;
  const host = meta?.Endpoints?.docker?.Host;
  if (host === undefined || host === '') return null;
  return fromHost(host, readTls(join(contexts, 'tls', id, 'docker')), facts);
}

export const USUAL_SOCKET = 'the usual socket';

function usualSocket({ environment, home, platform }: AddressFacts): EngineAddress {
  if (platform === 'win32') return { isLocal: true, options: { socketPath: '//./pipe/docker_engine' }, words: 'the usual pipe' };
  const runtime = environment['XDG_RUNTIME_DIR'];
  const candidates: readonly (readonly [path: string, words: string])[] = [
    ['/var/run/docker.sock', USUAL_SOCKET],
    [join(home, '.docker', 'run', 'docker.sock'), 'Docker Desktop’s socket'],
    ...(runtime === undefined ? [] : [[join(runtime, 'docker.sock'), 'the socket of Docker without root'] as const]),
    ...(runtime === undefined ? [] : [[join(runtime, 'podman', 'podman.sock'), 'Podman’s socket'] as const]),
    ['/run/podman/podman.sock', 'Podman’s socket'],
  ];
  const [socketPath, words] = candidates.find(([path]) => existsSync(path)) ?? candidates[0]!;
  return { isLocal: true, options: { socketPath }, words };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return null;
  }
}
