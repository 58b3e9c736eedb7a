import type { Environment } from '../domain/study-spec.ts';
import type { RequestTensor } from './tensor.ts';

/** Requests as they go over the wire, built before the clock starts. Request n of a run uses number n modulo `count`. */
export interface RequestPool {
  readonly count: number;
  /** Request head and body in one piece, for one write. */
  bytes(index: number): Buffer;
  /** Items of the data set in this request, in order. */
  items(index: number): readonly number[];
  /** The same request as tensors with a batch dimension, for transports other than REST. */
  tensors(index: number): readonly RequestTensor[];
  /** Length of the longest item, to which the others are padded; null where all items have one shape. */
  width(index: number): number | null;
}

/** One model's data set, its request encoder and what a right answer looks like. */
export interface Workload {
  readonly name: string;
  readonly itemCount: number;
  /**
   * Requests of `requestBatchSize` items chosen from the seed. Unique inputs of one item: every item once in random order, then
   * again; larger batches draw each request's items at random without repeating one inside a request where the data set allows.
   * Same inputs: one request. At most `count` distinct requests and about `memoryMb` of memory are held.
   */
  encode(options: {
    readonly requestBatchSize: number;
    readonly inputs: Environment['inputs'];
    readonly seed: string;
    readonly count: number;
    readonly memoryMb?: number;
  }): RequestPool;
  /** Whether bytes [start, end) are an answer of the right shape to a request of `items` items. */
  isAnswer(body: Uint8Array, start: number, end: number, items: number): boolean;
}
