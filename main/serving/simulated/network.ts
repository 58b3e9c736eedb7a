import type { Random } from '../../domain/random.ts';
import type { NetworkImpairment } from '../../domain/study-spec.ts';
import { communicationMs } from './surface.ts';

/** What Linux waits before it first sends again (TCP_RTO_MIN). */
const RETRANSMISSION_MS = 200;

export interface Passage {
  readonly delayMs: number;
  /** The connection broke on the way: the message never arrives, the client learns after `delayMs`. */
  readonly reset: boolean;
}

/** One message, one way. Jitter is uniform in ± jitterMs, never below no delay at all. */
export function passMessage(replicas: number, network: NetworkImpairment, random: Random): Passage {
  const base = communicationMs(replicas, random);
  const { delayMs, jitterMs, lossPercent, resetPercent } = network;
  const added = Math.max(delayMs + (jitterMs > 0 ? jitterMs * (2 * random.next() - 1) : 0), 0);
  const lost = lossPercent > 0 && random.next() * 100 < lossPercent;
  const reset = resetPercent > 0 && random.next() * 100 < resetPercent;
  return { delayMs: base + added + (lost ? RETRANSMISSION_MS : 0), reset };
}
