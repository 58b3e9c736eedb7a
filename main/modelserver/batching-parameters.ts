import { availableParallelism } from 'node:os';
import { parseTextProto, refuseProto, type ProtoField } from './text-proto.ts';

/** TensorFlow Serving's `BatchingParameters`. Sizes in requests' rows, timeout in microseconds. */
export interface BatchingParameters {
  readonly maxBatchSize: number;
  readonly batchTimeoutMicros: number;
  readonly maxEnqueuedBatches: number;
  readonly numBatchThreads: number;
  readonly threadPoolName: string;
  /** Increasing; empty when any size may be formed. */
  readonly allowedBatchSizes: readonly number[];
  readonly padVariableLengthInputs: boolean;
}

export function defaultBatchingParameters(): BatchingParameters {
  return {
    maxBatchSize: 1000,
    batchTimeoutMicros: 0,
    maxEnqueuedBatches: 10,
    numBatchThreads: availableParallelism(),
    threadPoolName: 'batch_threads',
    allowedBatchSizes: [],
    padVariableLengthInputs: false,
  };
}

const WHAT = 'batching parameters';
const WRAPPED = 'wrapped in { value: … }';

const FIELDS = {
  max_batch_size: (field: ProtoField) => ({ maxBatchSize: wrappedInteger(field, 1) }),
  batch_timeout_micros: (field: ProtoField) => ({ batchTimeoutMicros: wrappedInteger(field, 0) }),
  max_enqueued_batches: (field: ProtoField) => ({ maxEnqueuedBatches: wrappedInteger(field, 1) }),
  num_batch_threads: (field: ProtoField) => ({ numBatchThreads: wrappedInteger(field, 1) }),
  thread_pool_name: (field: ProtoField) => ({ threadPoolName: quoted(field, wrapped(field, `text ${WRAPPED}`)) }),
  pad_variable_length_inputs: (field: ProtoField) => ({ padVariableLengthInputs: boolean(field, field) }),
} as const;

const REPEATED = 'allowed_batch_sizes';
const UNSUPPORTED = ['enable_large_batch_splitting', 'max_execution_batch_size'];

/**
 * Reads a batching file (text form).
 * @throws ServescapeError `bad-input` naming line, field and what would be accepted
 */
export function parseBatchingParameters(text: string): BatchingParameters {
  let parameters = defaultBatchingParameters();
  const allowedBatchSizes: number[] = [];
  const seen = new Set<string>();
  let allowedLine = 1;
  for (const field of parseTextProto(text, WHAT)) {
    if (field.name === REPEATED) {
      allowedBatchSizes.push(integer(field, field, 1, 'one whole number from 1 a line, as in “allowed_batch_sizes: 8”'));
      allowedLine = field.line;
      continue;
    }
    if (seen.has(field.name)) throw refuseProto(WHAT, field.line, `${field.name} is given twice`, 'one value');
    seen.add(field.name);
    parameters = { ...parameters, ...readField(field) };
  }
  checkAllowedSizes(allowedBatchSizes, parameters.maxBatchSize, allowedLine);
  return { ...parameters, allowedBatchSizes };
}

function readField(field: ProtoField): Partial<BatchingParameters> {
  if (Object.hasOwn(FIELDS, field.name)) return FIELDS[field.name as keyof typeof FIELDS](field);
  if (UNSUPPORTED.includes(field.name)) {
    throw refuseProto(WHAT, field.line, `${field.name} is not supported by this server`, 'the file without it');
  }
  throw refuseProto(WHAT, field.line, `no field is called ${field.name}`, [...Object.keys(FIELDS), REPEATED].join(', '));
}

function checkAllowedSizes(sizes: readonly number[], maxBatchSize: number, line: number): void {
  const last = sizes.at(-1);
  if (last === undefined) return;
  if (sizes.some((size, i) => i > 0 && size <= (sizes[i - 1] as number))) {
    throw refuseProto(WHAT, line, 'allowed_batch_sizes entries must be monotonically increasing', 'each entry larger than the one before');
  }
  if (last !== maxBatchSize) {
    throw refuseProto(WHAT, line,
      `Last entry in allowed_batch_sizes must match max_batch_size; last entry was ${last}; expected ${maxBatchSize}`,
      `${maxBatchSize} as the last entry`);
  }
}

function wrappedInteger(field: ProtoField, least: number): number {
  const accepted = `a whole number from ${least}, ${WRAPPED}`;
  return integer(field, wrapped(field, accepted), least, accepted);
}

/** The inside of a wrapper message (Int64Value, StringValue). */
function wrapped(field: ProtoField, accepted: string): ProtoField {
  if (field.value.kind !== 'message') {
    throw refuseProto(WHAT, field.line, `${field.name} is not ${WRAPPED}`, accepted);
  }
  const [inner, ...others] = field.value.fields;
  if (inner?.name !== 'value' || others.length > 0) {
    throw refuseProto(WHAT, field.line, `${field.name} holds something other than one “value”`, accepted);
  }
  return inner;
}

function integer(field: ProtoField, holder: ProtoField, least: number, accepted: string): number {
  const { value } = holder;
  const number = value.kind === 'scalar' && !value.quoted && /^[-+]?\d+$/.test(value.text) ? Number(value.text) : undefined;
  if (number === undefined || !Number.isSafeInteger(number) || number < least) {
    throw refuseProto(WHAT, holder.line, `${field.name} is ${shownValue(holder)}`, accepted);
  }
  return number;
}

function quoted(field: ProtoField, holder: ProtoField): string {
  if (holder.value.kind === 'scalar' && holder.value.quoted) return holder.value.text;
  throw refuseProto(WHAT, holder.line, `${field.name} is ${shownValue(holder)}`, `text in quotes, ${WRAPPED}`);
}

function boolean(field: ProtoField, holder: ProtoField): boolean {
  const text = holder.value.kind === 'scalar' && !holder.value.quoted ? holder.value.text : undefined;
  if (text === 'true' || text === 'True' || text === 't' || text === '1') return true;
  if (text === 'false' || text === 'False' || text === 'f' || text === '0') return false;
  throw refuseProto(WHAT, holder.line, `${field.name} is ${shownValue(holder)}`, 'true or false');
}

function shownValue({ value }: ProtoField): string {
  return value.kind === 'message' ? 'a message' : `“${value.text}”`;
}
