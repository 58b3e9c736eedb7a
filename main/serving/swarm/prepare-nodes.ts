import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { ServescapeError } from '../../domain/errors.ts';
import type { SwarmBackend } from '../../domain/study-spec.ts';
import { modelPath } from '../docker/container-plan.ts';
import { dockerFailure, statusOf } from '../docker/docker-errors.ts';
import type { Engine } from '../docker/engine.ts';
import { modelEntries } from '../docker/model-folder.ts';
import { throwStreamError } from '../docker/import-image.ts';
import { tarStream } from '../docker/tar.ts';
import type { ServicePlan } from './service-plan.ts';
import { countGeneric, nodeName, type NodeAnswer } from './swarm-answers.ts';
import type { Swarm } from './swarm-session.ts';

/**
 * Names the image so that every node starts the same one. Where the program can look into every node, it copies the image to
 * those without it and names it by content. Otherwise nodes fetch it by digest from the registry it came from; what came
 * from none must be there already.
 */
export async function settleImage({ manager, engines }: Swarm, nodes: readonly NodeAnswer[], reference: string): Promise<string> {
  const { Id, RepoDigests = [] } = await inspectImage(manager, reference);
  const reached = nodes.map(({ ID }) => engines.get(ID));
  if (reached.some((engine) => engine === undefined) && RepoDigests[0] !== undefined) return RepoDigests[0];
  for (const engine of reached) {
    if (engine !== undefined && engine !== manager && !(await hasImage(engine, Id))) await copyImage(manager, engine, reference);
  }
  return Id;
}

async function inspectImage(engine: Engine, reference: string): Promise<{ Id: string; RepoDigests?: readonly string[] }> {
  try {
    return await engine.docker.getImage(reference).inspect();
  } catch (error) {
    throw dockerFailure(error, { doing: 'look at its images', image: reference });
  }
}

export function hasImage({ docker }: Engine, reference: string): Promise<boolean> {
  return docker.getImage(reference).inspect().then(() => true, (error: unknown) => {
    if (statusOf(error) === 404) return false;
    throw dockerFailure(error, { doing: 'look at its images' });
  });
}

async function copyImage(from: Engine, to: Engine, reference: string): Promise<void> {
  try {
    const archive = (await from.docker.getImage(reference).get()) as unknown as Readable;
    const answer = await to.docker.loadImage(archive);
    const said = await new Promise<readonly object[]>((resolve, reject) => {
      to.docker.modem.followProgress(answer, (error, output) => (error ? reject(error) : resolve(output as object[])));
    });
    throwStreamError(said);
  } catch (error) {
    throw dockerFailure(error, { doing: `copy ${reference} to ${to.address.words}`, image: reference });
  }
}

/** A volume of this name on every node, filled once; a folder every node must have where not all can be looked into. */
export async function settleModel(
  { engines }: Swarm, nodes: readonly NodeAnswer[], folder: string, modelName: string, image: string, labels: Readonly<Record<string, string>>,
): Promise<ServicePlan['model']> {
  const reached = nodes.map(({ ID }) => engines.get(ID));
  if (reached.some((engine) => engine === undefined)) return { kind: 'bind', source: folder };
  const name = `servescape-model-${fingerprint(folder)}-${labels['io.servescape.session'] ?? ''}`;
  await Promise.all(reached.map((engine) => fillVolume(engine!, name, folder, modelName, image, labels)));
  return { kind: 'volume', source: name };
}

async function fillVolume({ docker }: Engine, name: string, folder: string, modelName: string, image: string, labels: Readonly<Record<string, string>>): Promise<void> {
  if (await docker.getVolume(name).inspect().then(() => true, () => false)) return;
  try {
    await docker.createVolume({ Name: name, Labels: { ...labels } });
    // Files reach a volume only through a container; this one is never started.
    const way = await docker.createContainer({
      Image: image, Cmd: ['none'], Labels: { ...labels }, HostConfig: { Mounts: [{ Type: 'volume', Source: name, Target: modelPath(modelName), VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } } }] },
    });
    try {
      await way.putArchive(tarStream(modelEntries(folder)), { path: modelPath(modelName) });
    } finally {
      await way.remove({ force: true });
    }
  } catch (error) {
    await docker.getVolume(name).remove().catch(() => undefined);
    throw dockerFailure(error, { doing: 'put the model onto a node', image });
  }
}

function fingerprint(folder: string): string {
  const hash = createHash('sha256').update(folder);
  for (const entry of modelEntries(folder)) hash.update(`${entry.path}:${entry.kind === 'file' ? `${entry.bytes}:${statSync(entry.from).mtimeMs}` : ''}\n`);
  return hash.digest('hex').slice(0, 12);
}

/** @throws ServescapeError before anything is started, when no node offers the GPUs a replica shall get */
export function refuseWithoutGpus(nodes: readonly NodeAnswer[], { gpusPerReplica, gpuResource }: SwarmBackend): void {
  if (gpusPerReplica === 0) return;
  const offers = nodes.map((node) => countGeneric(node.Description?.Resources?.GenericResources, gpuResource));
  if (offers.some((count) => count >= gpusPerReplica)) return;
  throw new ServescapeError('gpu-unavailable', `No node offers ${gpusPerReplica} of the generic resource ${gpuResource}: ${nodes.map((node, i) => `${nodeName(node)} has ${offers[i]}`).join(', ')}.`, {
    hint: `List the GPUs of each node as "node-generic-resources": ["${gpuResource}=GPU-…"] in its daemon.json and restart that engine, or set GPUs per replica to 0.`,
  });
}
