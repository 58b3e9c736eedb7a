import { formatCount, formatFixed, formatMemory } from '../../main/domain/format.ts';
import type { Table } from '../charts/chart-value.ts';
import type { Measurement } from '../../main/domain/measurement.ts';
import type { LiveReplica } from '../../main/contract/values.ts';

export interface ReplicaWords {
  readonly mark: 'starting' | 'answering' | 'behind' | 'gone';
  readonly word: string;
  /** Shares of the limits, 0–1; null when not observed. */
  readonly cpuShare: number | null;
  readonly memoryShare: number | null;
  /** Null when not observed. */
  readonly cpuCores: number | null;
  readonly memoryMb: number | null;
  readonly cpuText: string;
  readonly memoryText: string;
  /** Everything in one sentence, for the tooltip and the screen reader. */
  readonly sentence: string;
}

export interface ReplicaLimits {
  readonly cpuCores: number;
  readonly memoryMb: number;
}

/** State by mark and word. A replica is behind when far more requests wait at it than at the others. */
export function replicaWords(replica: LiveReplica, index: number, limits: ReplicaLimits, meanWaiting: number): ReplicaWords {
  const { state, waiting, cpuCores, memoryMb } = replica;
  const isBehind = state === 'ready' && waiting > meanWaiting * 1.5 + 2;
  const mark = state === 'starting' ? 'starting' : state === 'gone' ? 'gone' : isBehind ? 'behind' : 'answering';
  const word = mark === 'starting' ? 'starting' : mark === 'gone' ? 'gone' : isBehind ? 'catching up' : waiting === 0 ? 'answering' : `${waiting} waiting`;
  const cpuText = formatFixed(cpuCores, 2);
  const memoryText = formatMemory(memoryMb);
  return {
    mark, word, cpuCores, memoryMb, cpuText, memoryText,
    cpuShare: cpuCores === null ? null : Math.min(1, cpuCores / limits.cpuCores),
    memoryShare: memoryMb === null ? null : Math.min(1, memoryMb / limits.memoryMb),
    sentence: `Replica ${index + 1}, ${word}, CPU ${cpuText} of ${formatFixed(limits.cpuCores, 2)} cores, memory ${memoryText} of ${formatMemory(limits.memoryMb)}`,
  };
}

/** A replica as it was over a trial that is over. */
export function measuredWords(replica: Measurement['replicas'][number], index: number, limits: ReplicaLimits): ReplicaWords {
  const { cpuCores, memoryMb, throttledShare, requests } = replica;
  const words = replicaWords({ state: 'ready', waiting: 0, cpuCores, memoryMb }, index, limits, 0);
  const isThrottled = throttledShare !== null && throttledShare >= 0.1;
  const word = isThrottled ? `throttled ${Math.round(throttledShare * 100)} %` : `${formatCount(requests)} requests`;
  return { ...words, mark: isThrottled ? 'behind' : 'answering', word, sentence: words.sentence.replace('answering', `${formatCount(requests)} requests${isThrottled ? `, ${word}` : ''}`) };
}

export function meanWaiting(replicas: readonly LiveReplica[]): number {
  return replicas.length === 0 ? 0 : replicas.reduce((sum, { waiting }) => sum + waiting, 0) / replicas.length;
}

export type Density = 'tiles' | 'narrow' | 'bars' | 'cells';

/** Up to 5 full tiles, to 8 narrow ones, to 32 two bars each, above that one cell each. */
export function densityOf(replicas: number): Density {
  return replicas <= 5 ? 'tiles' : replicas <= 8 ? 'narrow' : replicas <= 32 ? 'bars' : 'cells';
}

/** The table twin of the architecture. */
export function replicaTable(replicas: readonly ReplicaWords[], limits: ReplicaLimits): Table {
  return {
    head: ['Replica', 'State', 'CPU in use (cores)', 'CPU limit (cores)', 'Memory (MB)', 'Memory limit (MB)'],
    rows: replicas.map(({ word: state, cpuCores, memoryMb }, i) => [i + 1, state, cpuCores, limits.cpuCores, memoryMb, limits.memoryMb]),
  };
}
