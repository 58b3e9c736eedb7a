import { BatchScheduler, roundToAllowedSize, type BatchTask, type Clock } from './batch-scheduler.ts';
import type { BatchingParameters } from './batching-parameters.ts';
import type { NamedTensors } from './inference-messages.ts';
import type { InferenceResult } from './inference-pool.ts';
import { ServingError, invalidArgument, toServingError } from './serving-status.ts';
import { concatRows, haveEqualRows, padRows, sliceRows, type Tensor } from './tensor.ts';

export type RunModel = (inputs: NamedTensors, outputNames: readonly string[]) => Promise<InferenceResult>;

/** What happens to batches, for the metrics page. Times in microseconds. */
export interface BatchObserver {
  readonly queued: (waitMicros: number) => void;
  readonly inputBatch: (size: number) => void;
  readonly processedBatch: (size: number, paddingSize: number) => void;
}

interface Task extends BatchTask {
  readonly inputs: NamedTensors;
  readonly enqueuedMicros: number;
  /** Nobody waits for the answer any more. */
  readonly isAbandoned: () => boolean;
  readonly resolve: (result: InferenceResult) => void;
  readonly reject: (error: Error) => void;
}

/** Joins concurrent runs of one signature into larger ones, as TensorFlow Serving's BatchingSession does. */
export class BatchingSession {
  readonly #scheduler: BatchScheduler<Task>;
  readonly #parameters: BatchingParameters;
  readonly #run: RunModel;
  readonly #outputNames: readonly string[];
  readonly #clock: Clock;
  readonly #observer: BatchObserver;

  constructor(parameters: BatchingParameters, run: RunModel, outputNames: readonly string[], clock: Clock, observer: BatchObserver) {
    this.#parameters = parameters;
    this.#run = run;
    this.#outputNames = outputNames;
    this.#clock = clock;
    this.#observer = observer;
    this.#scheduler = new BatchScheduler<Task>({
      maxBatchSize: parameters.maxBatchSize,
      batchTimeoutMicros: parameters.batchTimeoutMicros,
      maxEnqueuedBatches: parameters.maxEnqueuedBatches,
      numBatchThreads: parameters.numBatchThreads,
      clock,
      process: (tasks) => this.#process(tasks),
    });
  }

  /**
   * @param inputs by tensor name of the graph, all with the same number of rows
   * @throws ServingError as the scheduler and the model refuse
   */
  async run(inputs: NamedTensors, isAbandoned: () => boolean): Promise<InferenceResult> {
    const size = rowCount(inputs);
    this.#observer.inputBatch(size);
    return new Promise((resolve, reject) => {
      this.#scheduler.schedule({ size, inputs, enqueuedMicros: this.#clock.nowMicros(), isAbandoned, resolve, reject });
    });
  }

  async #process(tasks: readonly Task[]): Promise<void> {
    const nowMicros = this.#clock.nowMicros();
    for (const task of tasks) this.#observer.queued(nowMicros - task.enqueuedMicros);
    try {
      if (tasks.every((task) => task.isAbandoned())) {
        throw new ServingError('RESOURCE_EXHAUSTED', 'Run() timeout exceeded while waiting in batching queue');
      }
      const rows = tasks.reduce((sum, { size }) => sum + size, 0);
      const paddingRows = roundToAllowedSize(this.#parameters.allowedBatchSizes, rows) - rows;
      this.#observer.processedBatch(rows + paddingRows, paddingRows);
      const result = await this.#run(this.#merge(tasks, paddingRows), this.#outputNames);
      deliver(tasks, result, rows + paddingRows);
    } catch (error) {
      for (const task of tasks) task.reject(toServingError(error));
    }
  }

  #merge(tasks: readonly Task[], paddingRows: number): NamedTensors {
    const [first] = tasks as [Task, ...Task[]];
    return Object.fromEntries(Object.keys(first.inputs).map((name) => {
      const tensors = tasks.map(({ inputs }) => inputs[name] as Tensor);
      return [name, concatRows(this.#alignRows(name, tensors), paddingRows)];
    }));
  }

  #alignRows(name: string, tensors: readonly Tensor[]): readonly Tensor[] {
    const [first] = tensors as [Tensor, ...Tensor[]];
    if (tensors.every((tensor) => haveEqualRows(tensor, first))) return tensors;
    if (!this.#parameters.padVariableLengthInputs || tensors.some(({ shape }) => shape.length !== first.shape.length)) {
      throw new ServingError('FAILED_PRECONDITION', `Tensors with name '${name}:0' from different tasks have different shapes and padding is `
        + 'turned off. Set pad_variable_length_inputs to true, or ensure that all tensors with the same name '
        + 'have equal dimensions starting with the first dim.');
    }
    const rowShape = first.shape.slice(1).map((_, i) => Math.max(...tensors.map(({ shape }) => shape[i + 1] ?? 0)));
    return tensors.map((tensor) => padRows(tensor, rowShape));
  }
}

function rowCount(inputs: NamedTensors): number {
  const [count = 0, ...others] = new Set(Object.values(inputs).map(({ shape }) => shape[0] ?? 0));
  if (others.length > 0) throw invalidArgument('Batching session Run() input tensors must have equal 0th-dimension size');
  return count;
}

/** Gives every task its rows of the outputs; the rows of the padding are left over. */
function deliver(tasks: readonly Task[], { outputs, runtimeMicros }: InferenceResult, rows: number): void {
  for (const { shape } of Object.values(outputs)) {
    if (shape.length === 0) throw new ServingError('FAILED_PRECONDITION', 'Batched output tensor has 0 dimensions');
    if (shape[0] !== rows) {
      throw new ServingError('FAILED_PRECONDITION', "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors");
    }
  }
  let from = 0;
  for (const task of tasks) {
    const to = from + task.size;
    const own = Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, sliceRows(tensor, from, to)]));
    task.resolve({ outputs: own, runtimeMicros });
    from = to;
  }
}
