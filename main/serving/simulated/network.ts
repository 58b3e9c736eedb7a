import type { Random } from '../../domain/random.ts';
import type { NetworkImpairment } from '../../domain/study-spec.ts';
import { communicationMs } from './surface.ts';

/** What Linux waits before it first sends again (TCP_RTO_MIN). */
const RETRANSMISSION_MS = 200;

/** One stage of a message's way. */
export interface Passage {
  readonly atMs: number;
  /** The connection broke on the way: the message never arrives, the client learns at `atMs`. */
  readonly reset: boolean;
}

/**
 * What carries messages between clients and replicas, in stages counted from 0. Each stage is asked for at the moment a message
 * enters it, so that stages with a queue see their messages in order of time. Null: the way is at its end.
 */
export interface Carrier {
  toReplica(stage: number, client: number, replica: number, nowMs: number): Passage | null;
  toClient(stage: number, client: number, replica: number, nowMs: number): Passage | null;
}

/** Everything on one machine: the way gets longer with every replica, and nothing on it can be full. */
export function workstation(replicas: number, network: NetworkImpairment): (random: Random) => Carrier {
  return (random) => {
    const pass = (stage: number, nowMs: number): Passage | null => (stage === 0 ? passMessage(nowMs, communicationMs(replicas, random), network, random) : null);
    return { toReplica: (stage, _client, _replica, nowMs) => pass(stage, nowMs), toClient: (stage, _client, _replica, nowMs) => pass(stage, nowMs) };
  };
}

/** One message, one way of `baseMs` without impairment. Jitter is uniform in ± jitterMs, never below no delay at all. */
export function passMessage(nowMs: number, baseMs: number, network: NetworkImpairment, random: Random): Passage {
  const { delayMs, jitterMs, lossPercent, resetPercent } = network;
  const added = Math.max(delayMs + (jitterMs > 0 ? jitterMs * (2 * random.next() - 1) : 0), 0);
  const lost = lossPercent > 0 && random.next() * 100 < lossPercent;
  const reset = resetPercent > 0 && random.next() * 100 < resetPercent;
  return { atMs: nowMs + (baseMs + added + (lost ? RETRANSMISSION_MS : 0)), reset };
}
