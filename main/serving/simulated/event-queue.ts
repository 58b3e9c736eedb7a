/** Events in order of time; equal times in order of entry, so that a run never depends on the heap's shape. */
export interface EventQueue<T> {
  push(timeMs: number, event: T): void;
  /** Infinity when empty. */
  nextMs(): number;
  pop(): T | undefined;
}

interface Entry<T> {
  readonly timeMs: number;
  readonly order: number;
  readonly event: T;
}

/** A binary heap. */
export function createEventQueue<T>(): EventQueue<T> {
  const heap: Entry<T>[] = [];
  let order = 0;
  const isBefore = (a: Entry<T>, b: Entry<T>): boolean => a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
  return {
    nextMs: () => heap[0]?.timeMs ?? Infinity,
    push: (timeMs, event) => {
      const entry = { timeMs, order: order++, event };
      let place = heap.length;
      heap.push(entry);
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isBefore(entry, heap[parent]!)) break;
        heap[place] = heap[parent]!;
        place = parent;
      }
      heap[place] = entry;
    },
    pop: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first?.event;
      let place = 0;
      for (let child = 1; child < heap.length; child = 2 * place + 1) {
        if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
        if (!isBefore(heap[child]!, last)) break;
        heap[place] = heap[child]!;
        place = child;
      }
      heap[place] = last;
      return first.event;
    },
  };
}
