import { readFileSync } from 'node:fs';
import type { Http2Server } from 'node:http2';
import { availableParallelism } from 'node:os';
import { ServescapeError } from '../domain/errors.ts';
import type { Clock } from './batch-scheduler.ts';
import { parseBatchingParameters, defaultBatchingParameters, type BatchingParameters } from './batching-parameters.ts';
import { createCpuThrottle } from './cpu-throttle.ts';
import type { Flags } from './flags.ts';
import type { GrpcApiOptions } from './grpc-api.ts';
import { startHttpServer } from './http-server.ts';
import { log } from './log.ts';
import { Metrics } from './metrics.ts';
import { ModelManager } from './model-manager.ts';
import { DEFAULT_METRICS_PATH, parseMonitoringConfig, type MonitoringConfig } from './monitoring-config.ts';
import { RestApi } from './rest-api.ts';
import { Servable } from './servable.ts';

const BODY_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Loads the model, then listens: as with TensorFlow Serving, a connection is only possible once the model is AVAILABLE.
 * @param workerUrl the inference worker's entry, computed by the program's own entry
 * @throws ServescapeError when a file or the model cannot be used
 */
export async function runModelServer(flags: Flags, workerUrl: URL): Promise<void> {
  const batching = readBatching(flags);
  const monitoring = readMonitoring(flags);
  const throttle = flags.servescape_cpu_cores > 0 ? createCpuThrottle(flags.servescape_cpu_cores) : undefined;
  throttle?.startTicking();
  const breathe = (): void => throttle?.pass();

  const metrics = new Metrics(flags.model_name, batching?.threadPoolName ?? '');
  const runtime = {
    workerUrl,
    threads: batching?.numBatchThreads ?? threadCount(flags.tensorflow_inter_op_parallelism, flags),
    intraOpThreads: threadCount(flags.tensorflow_intra_op_parallelism, flags),
    throttle: throttle?.shared,
    batching,
    clock: systemClock,
    observer: metrics.batchObserver,
  };
  log('I', `Building single ONNX model: model_name: ${flags.model_name} model_base_path: ${flags.model_base_path}; `
    + `${runtime.threads} session(s) with ${runtime.intraOpThreads} thread(s) each`);
  const manager = new ModelManager({
    modelName: flags.model_name,
    basePath: flags.model_base_path,
    loadRetries: flags.max_num_load_retries,
    retryIntervalMs: flags.load_retry_interval_micros / 1000,
    pollMs: flags.file_system_poll_wait_seconds * 1000,
    load: (model) => Servable.load(model, runtime),
    log: (line) => log('I', line),
  });
  await manager.start();
  breathe();

  const api = new RestApi({
    manager, metrics, breathe,
    metricsPath: monitoring.isEnabled ? monitoring.path : undefined,
    metricsPage: () => metrics.page(throttle?.facts),
    timeoutMs: flags.rest_api_timeout_in_ms,
  });
  const grpc = grpcServer(() => ({ manager, metrics, breathe }));
  if (flags.port > 0) {
    const { listenForGrpc } = await import('./grpc-server.ts');
    log('I', `Running gRPC ModelServer at ${flags.bind_address}:${await listenForGrpc(await grpc(), flags.port, flags.bind_address)} ...`);
  }
  const { port } = await startHttpServer(api, { port: flags.rest_api_port, address: flags.bind_address, bodyBytesMax: BODY_BYTES_MAX, breathe, grpc });
  log('I', `Exporting HTTP/REST API at:localhost:${port} ...`);
}

/** The gRPC side, loaded and made when it is first needed. */
function grpcServer(options: () => GrpcApiOptions): () => Promise<Http2Server> {
  let made: Promise<Http2Server> | undefined;
  return () => (made ??= (async () => {
    const [{ GrpcApi }, { createGrpcServer }] = await Promise.all([import('./grpc-api.ts'), import('./grpc-server.ts')]);
    const api = options();
    return createGrpcServer(new GrpcApi(api), { messageBytesMax: BODY_BYTES_MAX, breathe: api.breathe });
  })());
}

function readBatching(flags: Flags): BatchingParameters | undefined {
  if (!flags.enable_batching) return undefined;
  if (flags.batching_parameters_file === '') return defaultBatchingParameters();
  return parseBatchingParameters(readConfig(flags.batching_parameters_file));
}

/** The page is on unless a file switches it off: a superset of TensorFlow Serving, which wants the file. */
function readMonitoring(flags: Flags): MonitoringConfig {
  if (flags.monitoring_config_file === '') return { isEnabled: true, path: DEFAULT_METRICS_PATH };
  return parseMonitoringConfig(readConfig(flags.monitoring_config_file));
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ServescapeError('bad-input', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Zero means automatic: from the cores this process may use, not from its CPU share, as in TensorFlow. */
function threadCount(own: number, flags: Flags): number {
  return own || flags.tensorflow_session_parallelism || availableParallelism();
}

const systemClock: Clock = {
  nowMicros: () => performance.now() * 1000,
  after: (delayMicros, run) => {
    const timer = setTimeout(run, Math.ceil(delayMicros / 1000));
    return () => clearTimeout(timer);
  },
};
