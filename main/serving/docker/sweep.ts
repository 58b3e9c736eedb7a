import type Docker from 'dockerode';
import { counted } from '../../domain/format.ts';
import { isOwnerAlive, OWNER_LABEL, parseOwner, SESSION_LABEL } from './labels.ts';

/**
 * Removes containers and volumes of programs that are gone: ours by label, made on this machine, by a process that does
 * not live any more. What carries no label of ours is not even listed.
 * @returns what was removed, in words
 */
export async function sweepEngine(docker: Docker): Promise<readonly string[]> {
  const filters = { label: [SESSION_LABEL] };
  const containers = await orphansAmong(await docker.listContainers({ all: true, filters }));
  const removed = await Promise.all(containers.map(({ Id }) => succeeds(docker.getContainer(Id).remove({ force: true, v: true }))));
  const { Volumes } = await docker.listVolumes({ filters });
  const volumes = await orphansAmong(Volumes ?? []);
  const freed = await Promise.all(volumes.map(({ Name }) => succeeds(docker.getVolume(Name).remove())));
  return [sentence(count(removed), 'container'), sentence(count(freed), 'volume')].filter((text) => text !== '');
}

async function orphansAmong<Thing extends { readonly Labels?: Readonly<Record<string, string>> | null }>(things: readonly Thing[]): Promise<readonly Thing[]> {
  const judged = await Promise.all(things.map(async (thing) => {
    const owner = parseOwner(thing.Labels?.[OWNER_LABEL]);
    return thing.Labels?.[SESSION_LABEL] !== undefined && owner !== null && !(await isOwnerAlive(owner)) ? thing : null;
  }));
  return judged.filter((thing) => thing !== null);
}

/** Removes everything of one session, whoever still knows of it. */
export async function removeSession(docker: Docker, session: string): Promise<void> {
  const containers = await docker.listContainers({ all: true, filters: { label: [`${SESSION_LABEL}=${session}`] } });
  await Promise.all(containers.map(({ Id }) => succeeds(docker.getContainer(Id).remove({ force: true, v: true }))));
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(() => true, () => false);
}

function count(done: readonly boolean[]): number {
  return done.filter(Boolean).length;
}

function sentence(number: number, noun: string): string {
  return number === 0 ? '' : `Removed ${counted(number, noun)} left by an earlier session.`;
}
