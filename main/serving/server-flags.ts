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

/**
 * Flags of TensorFlow Serving's model server. Thread pools are sized from the CPU limit, because the server sizes them
 * from CPU affinity, which a CPU quota does not change. Retries are off: a broken model must fail the trial at once
 * instead of after five minutes.
 */
export function tensorFlowServingFlags(serving: ServingConfiguration, places: ServerPlaces): readonly string[] {
  const threads = Math.max(1, Math.ceil(serving.cpuCores));
  return [
    `--rest_api_port=${places.restPort}`,
    `--model_name=${places.modelName}`,
    `--model_base_path=${places.modelBasePath}`,
    '--enable_batching',
    `--batching_parameters_file=${places.batchingFile}`,
    `--monitoring_config_file=${places.monitoringFile}`,
    `--tensorflow_intra_op_parallelism=${threads}`,
    `--tensorflow_inter_op_parallelism=${threads}`,
    '--max_num_load_retries=0',
  ];
}
