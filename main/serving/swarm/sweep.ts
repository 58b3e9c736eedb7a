import { counted } from '../../domain/format.ts';
import type { DockerClient } from '../docker/engine.ts';
import { isOwnerAlive, OWNER_LABEL, parseOwner, SESSION_LABEL } from '../docker/labels.ts';
import { removeSession as removeContainers, sweepEngine } from '../docker/sweep.ts';
import type { Swarm } from './swarm-session.ts';

/**
 * Services, then configs and networks (which a service holds on to), then what is on the nodes we can look into, of programs that are gone.
 * @returns what was removed, in words
 */
export async function sweepSwarm({ manager, engines }: Swarm): Promise<readonly string[]> {
  const removed = await removeLabelled(manager.docker, [SESSION_LABEL], orphaned);
  const below = await Promise.all([...engines.values()].map(({ docker }) => sweepEngine(docker).catch(() => [])));
  return [...removed, ...below.flat()];
}

/** Removes everything of one session, whoever still knows of it. Never throws. */
export async function removeSession({ manager, engines }: Swarm, session: string): Promise<void> {
  const label = [`${SESSION_LABEL}=${session}`];
  await removeLabelled(manager.docker, label, async () => true).catch(() => undefined);
  await Promise.all([...engines.values()].map(async ({ docker }) => {
    // What a node ran while it was cut off holds on to the model's volume.
    await removeContainers(docker, session).catch(() => undefined);
    const { Volumes } = await docker.listVolumes({ filters: { label } }).catch(() => ({ Volumes: [] }));
    await Promise.all((Volumes ?? []).map(({ Name }) => succeeds(docker.getVolume(Name).remove())));
  }));
}

type Labels = Readonly<Record<string, string>> | undefined;
interface Listed { readonly ID?: string; readonly Id?: string; readonly Labels?: Labels; readonly Spec?: { readonly Labels?: Labels } }

async function removeLabelled(docker: DockerClient, label: readonly string[], mayGo: (labels: Labels) => Promise<boolean>): Promise<readonly string[]> {
  const filters = { label: [...label] };
  const kinds: readonly (readonly [noun: string, list: () => Promise<unknown>, remove: (id: string) => Promise<unknown>])[] = [
    ['service', () => docker.listServices({ filters }), (id) => docker.getService(id).remove()],
    ['config', () => docker.listConfigs({ filters }), (id) => docker.getConfig(id).remove()],
    ['network', () => docker.listNetworks({ filters }), (id) => docker.getNetwork(id).remove()],
  ];
  const said: string[] = [];
  for (const [noun, list, remove] of kinds) {
    const found = (await list()) as readonly Listed[];
    const gone = await Promise.all(found.map(async ({ ID, Id, Labels, Spec }) => (await mayGo(Labels ?? Spec?.Labels)) && succeeds(remove(ID ?? Id ?? ''))));
    const count = gone.filter(Boolean).length;
    if (count > 0) said.push(`Removed ${counted(count, noun)} left by an earlier session.`);
  }
  return said;
}

async function orphaned(labels: Labels): Promise<boolean> {
  const owner = parseOwner(labels?.[OWNER_LABEL]);
  return owner !== null && !(await isOwnerAlive(owner));
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(() => true, () => false);
}
