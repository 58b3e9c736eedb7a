import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Docker from 'dockerode';
import { engineAddress, type EngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { openEngine, type Engine } from '../../../main/serving/docker/engine.ts';
import { noPrivateEngine } from '../docker/private-engine.ts';

/** One engine in a network of its own, joined to the other by a bridge. */
export interface TestNode {
  readonly docker: Docker;
  readonly address: EngineAddress;
  /** The same engine as one that is elsewhere: by TLS at its address on the bridge. */
  readonly elsewhere: EngineAddress;
  /** "unix:///…/docker.sock" */
  readonly engine: string;
  readonly ip: string;
}

/** A swarm of two real engines on this machine. No packet leaves its own addresses. */
export interface TwoNodes {
  readonly manager: TestNode;
  readonly worker: TestNode;
  /** Pulls the worker's network cable, and puts it back. */
  cutWorker(): void;
  joinWorker(): void;
  dispose(): Promise<void>;
}

const works = (program: string, ...args: string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Why a swarm of two cannot be started here; null where it can. */
export const noTwoNodes = noPrivateEngine
  ?? (['nsenter', 'unshare', 'iptables', 'openssl'].find((program) => !works('which', program)) === undefined ? null : 'nsenter, unshare, iptables or openssl is missing');

const DISK_MB = 1500;
/** A node is given up after about three of these; swarm's usual is five seconds. */
const HEARTBEAT_S = 1;

/** `fill` makes the manager's images; the worker begins with the same ones, because copying files is quicker than saving and loading. */
export async function createTwoNodes(fill: (manager: Engine) => Promise<unknown>): Promise<TwoNodes> {
  const folder = mkdtempSync(join(tmpdir(), 'servescape-swarm-'));
  const mark = String(process.pid % 100_000);
  const bridge = `ssb${mark}`;
  const subnet = `10.213.${process.pid % 250}`;
  const run = (program: string, ...args: string[]): void => void execFileSync(program, args, { stdio: 'pipe' });
  const undo: (() => void | Promise<void>)[] = [];
  const dispose = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) {
      try {
        await step();
      } catch {
        // The next steps must be tried all the same.
      }
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run('ip', 'link', 'add', bridge, 'type', 'bridge');
    undo.push(() => run('ip', 'link', 'del', bridge));
    run('ip', 'addr', 'add', `${subnet}.1/24`, 'dev', bridge);
    run('ip', 'link', 'set', bridge, 'up');
    // Packets on a bridge pass the firewall where the kernel is told so, and Docker closes it.
    run('iptables', '-w', '-I', 'FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT');
    undo.push(() => run('iptables', '-w', '-D', 'FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'));
    const ips = [`${subnet}.11`, `${subnet}.12`] as const;
    const keys = join(folder, 'keys');
    mkdirSync(keys);
    // Its own authority, the server's and the client's at the same time.
    run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=two nodes', '-addext', `subjectAltName=${ips.map((ip) => `IP:${ip}`).join()}`, '-keyout', join(keys, 'key.pem'), '-out', join(keys, 'cert.pem'));
    copyFileSync(join(keys, 'cert.pem'), join(keys, 'ca.pem'));
    const places = ips.map((ip) => prepareNode({ folder, bridge, mark, keys, ip, gateway: `${subnet}.1`, run, undo }));
    const manager = await startNode(places[0]!);
    await fill(await openEngine(manager.address));
    const { Driver } = (await manager.docker.info()) as { Driver: string };
    for (const part of ['image', Driver]) run('cp', '-a', join(places[0]!.data, part), places[1]!.data);
    const worker = await startNode(places[1]!);
    await manager.docker.swarmInit({
      ListenAddr: `${manager.ip}:2377`, AdvertiseAddr: manager.ip, Spec: { Dispatcher: { HeartbeatPeriod: HEARTBEAT_S * 1e9 }, Orchestration: { TaskHistoryRetentionLimit: 0 } },
    });
    const { JoinTokens } = (await manager.docker.swarmInspect()) as { JoinTokens: { Worker: string } };
    await worker.docker.swarmJoin({ ListenAddr: `${worker.ip}:2377`, AdvertiseAddr: worker.ip, RemoteAddrs: [`${manager.ip}:2377`], JoinToken: JoinTokens.Worker });
    const cable = `ssv${mark}-12`;
    return {
      manager, worker, dispose,
      cutWorker: () => run('ip', 'link', 'set', cable, 'down'),
      joinWorker: () => run('ip', 'link', 'set', cable, 'up'),
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface NodePlace {
  readonly folder: string;
  readonly bridge: string;
  readonly mark: string;
  readonly keys: string;
  readonly ip: string;
  readonly gateway: string;
  readonly run: (program: string, ...args: string[]) => void;
  readonly undo: (() => void | Promise<void>)[];
}

interface PreparedNode extends NodePlace {
  readonly last: string;
  readonly name: string;
  readonly home: string;
  readonly data: string;
}

function prepareNode(place: NodePlace): PreparedNode {
  const { folder, bridge, mark, ip, gateway, run, undo } = place;
  const last = ip.split('.').at(-1)!;
  const name = `ssn${mark}-${last}`;
  const cable = `ssv${mark}-${last}`;
  const home = join(folder, last);
  const data = join(home, 'data');
  mkdirSync(data, { recursive: true });
  run('ip', 'netns', 'add', name);
  undo.push(() => run('ip', 'netns', 'del', name));
  run('ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  // The kernel may take its time over a namespace, and its end of the cable with it.
  undo.push(() => run('ip', 'link', 'del', cable));
  run('ip', 'link', 'set', cable, 'master', bridge, 'up');
  for (const args of [['link', 'set', 'lo', 'up'], ['link', 'set', 'eth0', 'up'], ['addr', 'add', `${ip}/24`, 'dev', 'eth0'], ['route', 'add', 'default', 'via', gateway]]) run('ip', '-n', name, ...args);
  run('mount', '-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', data);
  undo.push(() => unmountBelow(home, run));
  return { ...place, last, name, home, data };
}

async function startNode({ last, name, home, data, keys, ip, undo }: PreparedNode): Promise<TestNode> {
  const socketPath = join(home, 'docker.sock');
  const log = openSync(join(home, 'log'), 'a');
  // Only the network is entered: `ip netns exec` would hide the control groups.
  const child = spawn('nsenter', [
    `--net=/var/run/netns/${name}`, 'unshare', '--uts', 'sh', '-c', `hostname node-${last} && exec dockerd "$@"`, 'dockerd', '--data-root', data, '--exec-root', join(home, 'exec'), '--pidfile', join(home, 'pid'), '-H', `unix://${socketPath}`,
    '--tlsverify', `--tlscacert=${keys}/ca.pem`, `--tlscert=${keys}/cert.pem`, `--tlskey=${keys}/key.pem`, '-H', `tcp://${ip}:2376`,
  ], { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  undo.push(() => stop(child));
  const docker = new Docker({ socketPath });
  for (let i = 0; i < 600; i += 1) {
    if (await docker.ping().then(() => true, () => false)) {
      const elsewhere = engineAddress(`tcp://${ip}:2376`, { environment: { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: keys }, home: '/nowhere', platform: process.platform });
      return { docker, ip, elsewhere, engine: `unix://${socketPath}`, address: { options: { socketPath }, isLocal: true, words: `test node ${last}` } };
    }
    if (child.exitCode !== null) break;
    await wait(100);
  }
  throw new Error(`The engine of node ${last} did not start:\n${readFileSync(join(home, 'log'), 'utf8').slice(-2000)}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(late);
}

/** An engine leaves mounts of its containers and networks behind; the innermost go first. */
async function unmountBelow(home: string, run: (program: string, ...args: string[]) => void): Promise<void> {
  for (let i = 0; i < 30; i += 1) {
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? '').filter((path) => path.startsWith(`${home}/`));
    if (mounts.length === 0) return;
    for (const path of mounts.toReversed()) works('umount', path);
    if (existsSync(home)) await wait(100);
  }
  run('umount', '-l', join(home, 'data'));
}
