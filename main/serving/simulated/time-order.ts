import type { TimeOrder } from '../../study/ports.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface SharedTime {
  /** One machine more. It counts as busy from the start. */
  join(): TimeOrder & { readonly clock: VirtualClock };
}

/**
 * One virtual time for several machines whose simulations run interleaved, each as far ahead as it happens to be. A machine
 * that has finished something waits until no busy one is earlier, so that what is told, and so what is chosen next, does not
 * depend on which simulation was computed first.
 */
export function createSharedTime(createClock: () => VirtualClock): SharedTime {
  const members: Member[] = [];
  const look = (): void => {
    for (const member of members) {
      const earlier = members.some((other) => other !== member && other.busy && other.clock.nowMs() < member.clock.nowMs());
      if (!earlier) member.go?.();
    }
  };
  return {
    join: () => {
      const clock = createClock();
      const member: Member = { clock, busy: true, go: null };
      members.push(member);
      const work = (): void => {
        if (member.busy) return;
        // Time went on while it rested.
        const others = members.filter(({ busy }) => busy).map((other) => other.clock.nowMs());
        if (others.length > 0) clock.advanceTo(Math.min(...others));
        member.busy = true;
      };
      return {
        clock: {
          ...clock,
          advanceTo: (ms) => {
            work();
            clock.advanceTo(ms);
            look();
          },
        },
        turn: () => new Promise((resolve) => {
          member.go = () => {
            member.go = null;
            resolve();
          };
          look();
        }),
        rest: () => {
          member.busy = false;
          look();
        },
      };
    },
  };
}

interface Member {
  readonly clock: VirtualClock;
  busy: boolean;
  go: (() => void) | null;
}
