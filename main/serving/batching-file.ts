import type { ServingConfiguration } from '../domain/serving-configuration.ts';

/**
 * While experimenting the queue must not be what refuses requests: the default of ten batches answers 503 as soon as
 * concurrency exceeds ten batches. TensorFlow Serving's batching guide advises "a really high value".
 */
const MAX_ENQUEUED_BATCHES = 1_000_000;

/** `BatchingParameters` in text form, as `--batching_parameters_file` reads it. */
export function batchingFileText(serving: ServingConfiguration): string {
  const fields = {
    max_batch_size: serving.maxBatchSize,
    batch_timeout_micros: Math.round(serving.batchTimeoutMicros),
    max_enqueued_batches: MAX_ENQUEUED_BATCHES,
    num_batch_threads: serving.batchThreads,
  };
  // Requests are padded to their own longest item only; without this, two of different width could not share a batch.
  return `${Object.entries(fields).map(([name, value]) => `${name} { value: ${value} }\n`).join('')}pad_variable_length_inputs: true\n`;
}

export const METRICS_PATH = '/monitoring/prometheus/metrics';

/** `MonitoringConfig` in text form, as `--monitoring_config_file` reads it. */
export function monitoringFileText(): string {
  return `prometheus_config { enable: true, path: "${METRICS_PATH}" }\n`;
}
