/** Events in order of time; equal times in order of entry, so that a run never depends on the heap's shape. */
export interface EventQueue<T> {
  push(timeMs: number, event: T): void;
  /** Infinity when empty. */
  nextMs(): number;
  pop(): T | undefined;
}

/** Four children a node: half as deep as two, and they lie beside each other. */
const CHILDREN = 4;

/** A heap whose times, orders and events lie in lists of their own: what is compared is close together. */
export function createEventQueue<T>(): EventQueue<T> {
  const times: number[] = [];
  const orders: number[] = [];
  const events: T[] = [];
  let entered = 0;
  const put = (place: number, timeMs: number, order: number, event: T): void => {
    times[place] = timeMs;
    orders[place] = order;
    events[place] = event;
  };
  const move = (from: number, to: number): void => put(to, times[from]!, orders[from]!, events[from]!);
  const isBefore = (place: number, timeMs: number, order: number): boolean => times[place]! < timeMs || (times[place] === timeMs && orders[place]! < order);
  return {
    nextMs: () => times[0] ?? Infinity,
    push: (timeMs, event) => {
      const order = entered++;
      let place = times.length;
      while (place > 0) {
        const parent = Math.floor((place - 1) / CHILDREN);
        if (isBefore(parent, timeMs, order)) break;
        move(parent, place);
        place = parent;
      }
      put(place, timeMs, order, event);
    },
    pop: () => {
      const first = events[0];
      const [timeMs, order, event] = [times.pop(), orders.pop(), events.pop()];
      const count = times.length;
      if (timeMs === undefined || order === undefined || count === 0) return first;
      let place = 0;
      for (let child = 1; child < count; child = CHILDREN * place + 1) {
        const end = Math.min(child + CHILDREN, count);
        let least = child;
        for (let other = child + 1; other < end; other++) if (isBefore(other, times[least]!, orders[least]!)) least = other;
        if (!isBefore(least, timeMs, order)) break;
        move(least, place);
        place = least;
      }
      put(place, timeMs, order, event!);
      return first;
    },
  };
}
