import type { ErrorData } from '../domain/errors.ts';
import type { LoadPlan, LoadResult, LoadTick } from '../study/ports.ts';

/** To the load thread. One run at a time. */
export type ToLoadWorker = { readonly kind: 'run'; readonly run: number; readonly plan: LoadPlan; readonly dataRoot: string } | { readonly kind: 'abort' };

export type FromLoadWorker =
  | { readonly kind: 'tick'; readonly run: number; readonly tick: LoadTick }
  | { readonly kind: 'result'; readonly run: number; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly run: number; readonly error: ErrorData };
