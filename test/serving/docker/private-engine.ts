import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Docker from 'dockerode';
import type { EngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { noEngine } from './docker-harness.ts';

/** An engine of our own that may be stopped and filled up: own data on a small disk, own bridge, no firewall rules. */
export interface PrivateEngine {
  readonly docker: Docker;
  readonly address: EngineAddress;
  start(): Promise<void>;
  stop(): Promise<void>;
  resizeDisk(megabytes: number): void;
  dispose(): Promise<void>;
}

const has = (program: string): boolean => {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
/** Why a second engine cannot be started here; null where it can. */
export const noPrivateEngine = noEngine
  ?? (process.platform !== 'linux' || process.getuid?.() !== 0 ? 'a second engine needs root on Linux' : !has('dockerd') || !has('ip') ? 'dockerd or ip is missing' : null);

export async function createPrivateEngine(diskMb: number): Promise<PrivateEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'servescape-engine-'));
  const subnet = 100 + (process.pid % 100);
  const bridge = `ssd${process.pid % 100_000}`;
  const run = (program: string, ...args: string[]): void => void execFileSync(program, args, { stdio: 'pipe' });
  const data = join(folder, 'data');
  mkdirSync(data);
  run('mount', '-t', 'tmpfs', '-o', `size=${diskMb}m`, 'tmpfs', data);
  run('ip', 'link', 'add', bridge, 'type', 'bridge');
  run('ip', 'addr', 'add', `172.31.${subnet}.1/24`, 'dev', bridge);
  run('ip', 'link', 'set', bridge, 'up');
  const socketPath = join(folder, 'docker.sock');
  const docker = new Docker({ socketPath });
  let child: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const log = openSync(join(folder, 'log'), 'a');
    child = spawn('dockerd', [
      '--data-root', data, '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'), '-H', `unix://${socketPath}`,
      '--bridge', bridge, '--iptables=false', '--ip-masq=false',
    ], { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    for (let i = 0; i < 300; i += 1) {
      if (await docker.ping().then(() => true, () => false)) return;
      if (child.exitCode !== null) break;
      await wait(100);
    }
    throw new Error(`The private engine did not start:\n${readFileSync(join(folder, 'log'), 'utf8').slice(-2000)}`);
  };
  const stop = async (): Promise<void> => {
    const engine = child;
    child = null;
    if (engine === null || engine.exitCode !== null) return;
    const gone = once(engine, 'exit');
    engine.kill('SIGTERM');
    await gone;
  };
  return {
    docker, address: { options: { socketPath }, isLocal: true, words: 'the test’s own engine' },
    start, stop,
    resizeDisk: (megabytes) => run('mount', '-o', `remount,size=${megabytes}m`, data),
    dispose: async () => {
      await stop();
      // An engine keeps its data folder mounted onto itself for a moment.
      for (let i = 0; i < 20; i += 1) {
        try {
          run('umount', data);
        } catch {
          if (!readFileSync('/proc/mounts', 'utf8').includes(data)) break;
          await wait(100);
        }
      }
      run('ip', 'link', 'del', bridge);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
