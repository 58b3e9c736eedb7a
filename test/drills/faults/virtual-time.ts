/**
 * Timers that fire in order of their time and at once. While installed, `setTimeout` and `setInterval` of this process
 * are virtual; whatever else a program waits for must be a promise, so that the order of everything is the same each time.
 */
export interface VirtualTime {
  nowMs(): number;
  /** Lets time pass until `work` has settled. `stuck`: nothing is left that could happen; `late`: `untilMs` was reached. */
  run(work: Promise<unknown>, untilMs: number): Promise<'done' | 'stuck' | 'late'>;
  /** Timers that would still fire. */
  pending(): number;
  uninstall(): void;
}

interface Timer {
  atMs: number;
  readonly order: number;
  readonly everyMs: number | null;
  readonly fire: () => void;
}

export function installVirtualTime(): VirtualTime {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval };
  const timers = new Map<number, Timer>();
  let nowMs = 0;
  let order = 0;
  const add = (fire: () => void, ms: number, everyMs: number | null): number => {
    order += 1;
    timers.set(order, { atMs: nowMs + Math.max(ms, 0), order, everyMs, fire });
    return order;
  };
  const remove = (id: unknown): void => void timers.delete(id as number);
  Object.assign(globalThis, {
    setTimeout: (fire: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => add(() => fire(...args), ms, null),
    setInterval: (fire: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) => add(() => fire(...args), ms, Math.max(ms, 1)),
    clearTimeout: remove,
    clearInterval: remove,
  });

  const fireNext = (untilMs: number): 'fired' | 'none' | 'late' => {
    let next: [number, Timer] | null = null;
    for (const entry of timers) {
      if (next === null || entry[1].atMs < next[1].atMs || (entry[1].atMs === next[1].atMs && entry[1].order < next[1].order)) next = entry;
    }
    if (next === null) return 'none';
    const [id, timer] = next;
    if (timer.atMs > untilMs) return 'late';
    nowMs = Math.max(nowMs, timer.atMs);
    if (timer.everyMs === null) timers.delete(id);
    else timer.atMs = nowMs + timer.everyMs;
    timer.fire();
    return 'fired';
  };

  return {
    nowMs: () => nowMs,
    run: async (work, untilMs) => {
      let settled = false;
      const settle = (): void => void (settled = true);
      work.then(settle, settle);
      for (;;) {
        await quiet();
        if (settled) return 'done';
        const outcome = fireNext(untilMs);
        if (outcome === 'late') nowMs = untilMs;
        if (outcome !== 'fired') return outcome === 'late' ? 'late' : 'stuck';
      }
    },
    pending: () => timers.size,
    uninstall: () => void Object.assign(globalThis, real),
  };
}

/** Every promise that can settle has settled. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
