import type { CreateServiceOptions } from '../docker/engine.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { SwarmBackend } from '../../domain/study-spec.ts';
import { behaviourFlags } from '../server-flags.ts';
import { GRPC_PORT, modelPath, REST_PORT } from '../docker/container-plan.ts';
import { BYTES_PER_MB } from '../docker/engine.ts';

const BATCHING_PATH = '/config/batching.txt';
const MONITORING_PATH = '/config/monitoring.txt';
/** Share of a GPU's memory a replica takes. A generic resource belongs to one replica alone. */
const GPU_MEMORY_SHARE = 0.9;

export interface ConfigReference {
  readonly id: string;
  readonly name: string;
}

/** Everything about a service but its number of replicas and its limits. */
export interface ServicePlan {
  /** By content or digest: by name alone each node would ask a registry first. */
  readonly image: string;
  readonly modelName: string;
  /** `bind`: a folder that every node has; `volume`: a volume filled on every node beforehand. */
  readonly model: { readonly kind: 'bind' | 'volume'; readonly source: string };
  readonly batching: ConfigReference;
  readonly monitoring: ConfigReference;
  readonly backend: Pick<SwarmBackend, 'placement' | 'gpusPerReplica' | 'gpuResource' | 'threadsFromCpu'>;
}

/**
 * A service whose replicas publish ports of their own on the nodes they run on. Nothing is restarted: a replica that ends
 * is a finding about the trial. Reservations equal limits, so that the scheduler never packs a node beyond what it has.
 */
export function serviceOptions(name: string, plan: ServicePlan, serving: ServingConfiguration, labels: Readonly<Record<string, string>>): CreateServiceOptions {
  const { gpusPerReplica, gpuResource, placement, threadsFromCpu } = plan.backend;
  const limits = { NanoCPUs: Math.round(serving.cpuCores * 1e9), MemoryBytes: serving.memoryMb * BYTES_PER_MB };
  const gpus = gpusPerReplica === 0 ? {} : { GenericResources: [{ DiscreteResourceSpec: { Kind: gpuResource, Value: gpusPerReplica } }] };
  const port = (target: number): { Protocol: 'tcp'; TargetPort: number; PublishMode: 'host' } => ({ Protocol: 'tcp', TargetPort: target, PublishMode: 'host' });
  const file = ({ id, name: configName }: ConfigReference, path: string) => ({ ConfigID: id, ConfigName: configName, File: { Name: path, UID: '0', GID: '0', Mode: 0o444 } });
  return {
    Name: name, Labels: { ...labels },
    TaskTemplate: {
      ContainerSpec: {
        Image: plan.image, Labels: { ...labels }, Env: [`MODEL_NAME=${plan.modelName}`],
        Args: [...behaviourFlags(serving, {
          batchingFile: BATCHING_PATH, monitoringFile: MONITORING_PATH, threadsFromCpu,
          gpuMemoryFraction: gpusPerReplica === 0 ? null : GPU_MEMORY_SHARE,
        })],
        CapabilityDrop: ['ALL'], StopSignal: 'SIGKILL', StopGracePeriod: 1e9,
        Mounts: [
          plan.model.kind === 'bind'
            ? { Type: 'bind', Source: plan.model.source, Target: modelPath(plan.modelName), ReadOnly: true }
            : { Type: 'volume', Source: plan.model.source, Target: modelPath(plan.modelName), ReadOnly: true },
          { Type: 'tmpfs', Source: '', Target: '/tmp', TmpfsOptions: { SizeBytes: 64 * BYTES_PER_MB, Mode: 0o1777 } },
        ],
        Configs: [file(plan.batching, BATCHING_PATH), file(plan.monitoring, MONITORING_PATH)],
      },
      Resources: { Limits: limits, Reservations: { ...limits, ...gpus } },
      RestartPolicy: { Condition: 'none' },
      Placement: { Constraints: [...placement] },
      LogDriver: { Name: 'json-file', Options: { 'max-size': '1m', 'max-file': '1' } },
    },
    Mode: { Replicated: { Replicas: serving.replicas } },
    EndpointSpec: { Mode: 'dnsrr', Ports: [port(REST_PORT), port(GRPC_PORT)] },
  } as CreateServiceOptions;
}

/** What decides whether a running service can serve another configuration by changing its number of replicas only. */
export function serviceKey(plan: ServicePlan, { replicas: _, ...each }: ServingConfiguration): string {
  return JSON.stringify([plan, each]);
}
