import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { findEngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { OWNER_LABEL, parseOwner, SESSION_LABEL } from '../../../main/serving/docker/labels.ts';

/** The folders one life of the drill has to itself. */
export interface Life {
  readonly folder: string;
  readonly data: string;
  readonly temporary: string;
  readonly project: string;
}

const DATA_KEPT = /^(recent\.json|settings\.json|run|drafts|models|data|trusted\.json|backups)$/;

/** Files that should not be there while (`open`) the program has the project open, or after it closed. */
export function filesLeft({ data, temporary, project }: Life, open: boolean): readonly string[] {
  const list = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);
  const beside = open ? /^p\.servescape(-wal|-shm|-lock)?$/ : /^p\.servescape$/;
  return [
    ...list(data).filter((name) => !DATA_KEPT.test(name)).map((name) => `data/${name}`),
    ...list(join(data, 'run')).filter((name) => name !== 'compile-cache').map((name) => `data/run/${name}`),
    ...list(join(data, 'drafts')).map((name) => `data/drafts/${name}`),
    ...list(temporary).map((name) => `tmp/${name}`),
    ...list(project).filter((name) => !beside.test(name)).map((name) => `project/${name}`),
  ];
}

/** Processes that belong to this life, besides `expected`: every one of them has its data folder in its environment or command. */
export function processesLeft({ folder }: Life, expected: number | undefined): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== expected && Number(name) !== process.pid).flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      const isZombie = / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ''));
      return !isZombie && (command.includes(folder) || environment.includes(folder)) ? [`process ${pid}: ${command.slice(0, 120)}`] : [];
    } catch {
      return []; // It ended meanwhile.
    }
  });
}

/** Containers and volumes of programs with these process numbers. */
export async function containersLeft(pids: ReadonlySet<number>): Promise<readonly string[]> {
  const docker = new Docker({ ...findEngineAddress().options });
  const filters = { label: [SESSION_LABEL] };
  const isTheirs = (labels: Readonly<Record<string, string>> | null | undefined): boolean => pids.has(parseOwner(labels?.[OWNER_LABEL])?.pid ?? -1);
  const containers = (await docker.listContainers({ all: true, filters })).filter(({ Labels }) => isTheirs(Labels));
  const { Volumes } = await docker.listVolumes({ filters });
  const volumes = (Volumes ?? []).filter(({ Labels }) => isTheirs(Labels));
  return [...containers.map(({ Names }) => `container ${Names.join()}`), ...volumes.map(({ Name }) => `volume ${Name}`)];
}
