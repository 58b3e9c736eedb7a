import type { Random } from '../domain/random.ts';
import type { Balancing } from '../domain/study-spec.ts';

/**
 * Picks the replica of the next request, given how many requests each replica has outstanding and which of the slots in flight
 * (a client, so to speak) sends it.
 */
export type Balancer = (outstanding: readonly number[], slot: number) => number;

export function createBalancer(balancing: Balancing, random: Random): Balancer {
  let turn = 0;
  switch (balancing) {
    case 'round-robin':
      return (outstanding) => turn++ % outstanding.length;
    case 'random':
      return (outstanding) => random.integer(0, outstanding.length - 1);
    case 'sticky':
      return (outstanding, slot) => slot % outstanding.length;
    case 'least-outstanding':
      /** Ties go round, so that equal replicas get equal shares. */
      return (outstanding) => {
        let best = turn % outstanding.length;
        for (let i = 1; i < outstanding.length; i++) {
          const candidate = (turn + i) % outstanding.length;
          if (outstanding[candidate]! < outstanding[best]!) best = candidate;
        }
        turn = best + 1;
        return best;
      };
  }
}
