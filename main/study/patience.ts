import { ServescapeError } from '../domain/errors.ts';

/** How long a step that was aborted may take to notice; then it is left alone, and what it holds is the next start's to sweep. */
const GRACE_MS = 5000;

/**
 * The result of `work`. Every step answers an abort by itself; one that does not (an engine that hangs, a driver that never
 * returns) is given up a little later, so that a run always ends. `late` gets what it brings after that.
 */
export function unlessDeaf<T>(signal: AbortSignal, work: Promise<T>, late: (value: T) => void = () => undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let abandoned = false;
    const giveUp = (): void => {
      abandoned = true;
      reject(signal.reason as Error);
    };
    const onAbort = (): void => void (timer = setTimeout(giveUp, GRACE_MS));
    const settle = (): void => {
      if (timer !== null) clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => {
        settle();
        if (abandoned) late(value);
        else resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error as Error);
      },
    );
  });
}

/** For handing back, which nothing may keep from coming to an end: rejects when `work` takes longer than `limitMs`. */
export function atMost<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ServescapeError('internal', `${what} did not end within ${limitMs / 1000} s.`)), limitMs);
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
