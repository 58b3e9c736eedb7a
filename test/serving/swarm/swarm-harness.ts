import { randomUUID } from 'node:crypto';
import { swarmBackendSchema, type SwarmBackend } from '../../../main/domain/study-spec.ts';
import { PROJECT_LABEL } from '../../../main/serving/docker/labels.ts';
import { createSwarmBackend } from '../../../main/serving/swarm/swarm-backend.ts';
import type { ServingBackend } from '../../../main/study/ports.ts';
import { imageSource, MODELS } from '../docker/docker-harness.ts';
import type { TwoNodes } from './two-nodes.ts';

export interface SwarmHarness {
  readonly backend: ServingBackend;
  readonly project: string;
  /** Services, configs, containers and volumes that should be gone, in words. */
  remains(): Promise<readonly string[]>;
  killOneReplica(): Promise<void>;
}

export function createSwarmHarness({ manager, worker }: TwoNodes, chosen: Partial<SwarmBackend> = {}): SwarmHarness {
  const project = `test-${randomUUID()}`;
  const inner = createSwarmBackend({
    backend: swarmBackendSchema.parse({ kind: 'swarm', ...chosen }), addresses: [manager.address, worker.address], image: imageSource, modelRoot: MODELS,
  });
  const filters = { label: [`${PROJECT_LABEL}=${project}`] };
  const containers = async () => (await Promise.all([manager, worker].map(async ({ docker }) =>
    (await docker.listContainers({ all: true, filters })).map((info) => ({ docker, ...info }))))).flat();
  return {
    project,
    backend: { ...inner, deploy: (request) => inner.deploy({ ...request, labels: { ...request.labels, project } }) },
    remains: async () => [
      ...((await manager.docker.listServices({ filters })) as { Spec: { Name: string } }[]).map(({ Spec }) => `service ${Spec.Name}`),
      ...((await manager.docker.listConfigs({ filters })) as { Spec: { Name: string } }[]).map(({ Spec }) => `config ${Spec.Name}`),
      ...(await containers()).map(({ Names, State }) => `container ${Names.join()} (${State})`),
      ...(await Promise.all([manager, worker].map(async ({ docker }) => ((await docker.listVolumes({ filters })).Volumes ?? []).map(({ Name }) => `volume ${Name}`)))).flat(),
    ],
    killOneReplica: async () => {
      const [first] = (await containers()).filter(({ State }) => State === 'running');
      if (first === undefined) throw new Error('no replica is running');
      await first.docker.getContainer(first.Id).kill();
    },
  };
}
