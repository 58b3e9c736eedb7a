import { counted } from './format.ts';
import { isKnobName, KNOBS, KNOB_NAMES, type KnobName } from './knobs.ts';
import type { Configuration } from './parameter.ts';
import { BALANCING_PARAMETER, balancingSchema, type Balancing, type StudySpec } from './study-spec.ts';

/** Every knob with its value: what a backend brings up. CPU in cores, memory in MB, timeout in µs. */
export type ServingConfiguration = Readonly<Record<KnobName, number>>;

/** Searched values first, then fixed ones, then the usual value of the knob. */
export function servingConfiguration(spec: Pick<StudySpec, 'fixed'>, configuration: Configuration): ServingConfiguration {
  return Object.fromEntries(
    KNOB_NAMES.map((name) => [name, Number(configuration[name] ?? spec.fixed[name] ?? KNOBS[name].usual)]),
  ) as unknown as ServingConfiguration;
}

/** The searched values in the order of the search space: (5, 1.20, 230, 4, 270). No separators inside. */
export function formatTuple(spec: Pick<StudySpec, 'space'>, configuration: Configuration): string {
  const values = spec.space.map(({ name }) => {
    const value = configuration[name];
    if (typeof value !== 'number') return String(value ?? '–');
    if (name === 'cpuCores') return value.toFixed(2);
    return String(Number(value.toPrecision(4)));
  });
  return `(${values.join(', ')})`;
}

/** The letters of the tuple: (N, C, M, B, T). */
export function formatTupleHead(spec: Pick<StudySpec, 'space'>): string {
  return `(${spec.space.map(({ name }) => (isKnobName(name) ? KNOBS[name].symbol : name)).join(', ')})`;
}

/** "5 replicas, 1.20 cores and 512 MB each, batch up to 8, wait up to 300 µs" */
export function describeConfiguration(serving: ServingConfiguration): string {
  const { replicas } = serving;
  return `${counted(replicas, 'replica')}, ${describeReplica(serving, replicas === 1 ? '' : ' each')}`;
}

/** "1.20 cores and 512 MB, batch up to 8, wait up to 300 µs" */
export function describeReplica({ cpuCores, memoryMb, maxBatchSize, batchTimeoutMicros }: ServingConfiguration, each = ''): string {
  return `${cpuCores.toFixed(2)} cores and ${memoryMb} MB${each}, batch up to ${maxBatchSize}, wait up to ${Number(batchTimeoutMicros.toPrecision(4))} µs`;
}

/** How this configuration's requests are spread over its replicas. */
export function balancingOf(spec: Pick<StudySpec, 'model'>, configuration: Configuration): Balancing {
  return balancingSchema.catch(spec.model.balancing).parse(configuration[BALANCING_PARAMETER]);
}
