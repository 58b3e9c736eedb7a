/** What can be turned on a serving system: one entry per knob, the single source of names, units and meanings. */
export interface Knob {
  readonly name: KnobName;
  readonly label: string;
  /** The report's letter, used in tuples and formulas. */
  readonly symbol: string;
  readonly unit: string;
  readonly whole: boolean;
  /** Smallest and largest value that makes sense on any machine. */
  readonly least: number;
  readonly most: number;
  /** Used when the knob is not searched and not set. */
  readonly usual: number;
  /** The report's meaning of the parameter, one or two sentences. */
  readonly help: string;
}

export const KNOB_NAMES = [
  'replicas',
  'cpuCores',
  'memoryMb',
  'maxBatchSize',
  'batchTimeoutMicros',
  'batchThreads',
  'gpuClockMhz',
] as const;
export type KnobName = (typeof KNOB_NAMES)[number];

export const KNOBS: Readonly<Record<KnobName, Knob>> = {
  replicas: {
    name: 'replicas', label: 'Replicas', symbol: 'N', unit: '', whole: true, least: 1, most: 64, usual: 1,
    help: 'How many copies of the server answer requests. More replicas share the load, but each adds communication and start-up cost; TensorFlow Serving’s own guide prefers few large ones.',
  },
  cpuCores: {
    name: 'cpuCores', label: 'CPU per replica', symbol: 'C', unit: 'cores', whole: false, least: 0.05, most: 256, usual: 1,
    help: 'The largest share of processor time one replica may use; 0.5 is half a core.',
  },
  memoryMb: {
    name: 'memoryMb', label: 'Memory per replica', symbol: 'M', unit: 'MB', whole: true, least: 6, most: 1_048_576, usual: 512,
    help: 'The largest amount of memory one replica may use. Below what the model needs, the replica is killed.',
  },
  maxBatchSize: {
    name: 'maxBatchSize', label: 'Max batch size', symbol: 'B', unit: 'items', whole: true, least: 1, most: 4096, usual: 32,
    help: 'The maximum size of any batch. It governs the trade-off between throughput and latency, and keeps a batch from exceeding a resource constraint.',
  },
  batchTimeoutMicros: {
    name: 'batchTimeoutMicros', label: 'Batch timeout', symbol: 'T', unit: 'µs', whole: false, least: 0, most: 10_000_000, usual: 1000,
    help: 'The maximum time to wait before executing a batch, even if it is not full. It limits the tail latency.',
  },
  batchThreads: {
    name: 'batchThreads', label: 'Batch threads', symbol: 'H', unit: 'threads', whole: true, least: 1, most: 256, usual: 1,
    help: 'How many batches one replica works on at the same time.',
  },
  gpuClockMhz: {
    name: 'gpuClockMhz', label: 'GPU clock', symbol: 'F', unit: 'MHz', whole: true, least: 100, most: 10_000, usual: 1000,
    help: 'The application clock of the GPU. A lower clock saves energy and slows the model.',
  },
};

export function isKnobName(name: string): name is KnobName {
  return (KNOB_NAMES as readonly string[]).includes(name);
}
