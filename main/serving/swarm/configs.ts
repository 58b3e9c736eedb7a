import { createHash } from 'node:crypto';
import type { DockerClient } from '../docker/engine.ts';
import { serviceFailure } from './swarm-service.ts';
import type { ConfigReference } from './service-plan.ts';

/** The small files a model server reads at its start, handed to every node by the swarm itself. One config per content. */
export function createConfigs(docker: DockerClient, session: string, labels: Readonly<Record<string, string>>): { of(kind: string, text: string): Promise<ConfigReference> } {
  const made = new Map<string, Promise<ConfigReference>>();
  const create = async (name: string, text: string): Promise<ConfigReference> => {
    try {
      const { id } = (await docker.createConfig({ Name: name, Labels: { ...labels }, Data: Buffer.from(text).toString('base64') })) as { id: string };
      return { id, name };
    } catch (error) {
      throw serviceFailure(error, 'hand the batching settings to the swarm');
    }
  };
  return {
    of: (kind, text) => {
      const name = `servescape-${session}-${kind}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
      const known = made.get(name) ?? create(name, text);
      made.set(name, known);
      known.catch(() => made.delete(name));
      return known;
    },
  };
}
