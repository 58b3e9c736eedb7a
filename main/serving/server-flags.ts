import type { ServingConfiguration } from '../domain/serving-configuration.ts';

export interface ServerPlaces {
  readonly modelName: string;
  /** Holds the numbered version folders. */
  readonly modelBasePath: string;
  /** 0: the system picks one. */
  readonly restPort: number;
  readonly batchingFile: string;
  readonly monitoringFile: string;
}

/** What the flags other than names and ports say. */
export interface ServerBehaviour {
  readonly batchingFile: string;
  readonly monitoringFile: string;
  /** False: the server sizes its thread pools itself, from the processors it sees. */
  readonly threadsFromCpu: boolean;
  /** Share of a GPU's memory this replica may take; null without a GPU. */
  readonly gpuMemoryFraction: number | null;
}

/**
 * Flags of TensorFlow Serving's model server. Thread pools are sized from the CPU limit, because the server sizes them
 * from CPU affinity, which a CPU quota does not change. Retries are off: a broken model must fail the trial at once
 * instead of after five minutes.
 */
export function behaviourFlags(serving: ServingConfiguration, behaviour: ServerBehaviour): readonly string[] {
  const threads = Math.max(1, Math.ceil(serving.cpuCores));
  return [
    '--enable_batching',
    `--batching_parameters_file=${behaviour.batchingFile}`,
    `--monitoring_config_file=${behaviour.monitoringFile}`,
    ...(behaviour.threadsFromCpu
      ? [`--tensorflow_intra_op_parallelism=${threads}`, `--tensorflow_inter_op_parallelism=${threads}`]
      : []),
    ...(behaviour.gpuMemoryFraction === null ? [] : [`--per_process_gpu_memory_fraction=${behaviour.gpuMemoryFraction}`]),
    '--max_num_load_retries=0',
  ];
}

/** Every flag of a server that is started directly, not through an image's entry point. */
export function tensorFlowServingFlags(serving: ServingConfiguration, places: ServerPlaces): readonly string[] {
  const { batchingFile, monitoringFile } = places;
  return [
    `--rest_api_port=${places.restPort}`,
    `--model_name=${places.modelName}`,
    `--model_base_path=${places.modelBasePath}`,
    ...behaviourFlags(serving, { batchingFile, monitoringFile, threadsFromCpu: true, gpuMemoryFraction: null }),
  ];
}
