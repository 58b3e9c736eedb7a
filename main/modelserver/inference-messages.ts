import type { GraphValue } from './graph-signature.ts';
import type { StatusCode } from './serving-status.ts';
import type { Tensor } from './tensor.ts';

/** What an inference worker is started with. */
export interface WorkerSetup {
  readonly modelPath: string;
  readonly intraOpThreads: number;
  /** The process's CPU throttle, if it throttles itself. */
  readonly throttle: SharedArrayBuffer | undefined;
}

/** By tensor name of the graph. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

export type ToWorker =
  | { readonly kind: 'run'; readonly inputs: NamedTensors; readonly outputNames: readonly string[] }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'ready'; readonly inputs: readonly GraphValue[]; readonly outputs: readonly GraphValue[] }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'done'; readonly outputs: NamedTensors; readonly runtimeMicros: number }
  | { readonly kind: 'failed'; readonly code: StatusCode; readonly message: string };
