import type { ErrorData } from '../domain/errors.ts';
import type { RoundTrips } from '../domain/round-trips.ts';
import type { NetworkImpairment } from '../domain/study-spec.ts';
import type { Endpoint, LoadPlan, LoadTick } from '../study/ports.ts';
import type { ThreadResult } from './merge-results.ts';

/** To a thread of this room: it either measures, one run at a time, or impairs the network, never both. */
export type ToLoadWorker =
  | { readonly kind: 'run'; readonly run: number; readonly plan: LoadPlan; readonly dataRoot: string; readonly ownDataRoot: string | null }
  | { readonly kind: 'abort' }
  | { readonly kind: 'impair'; readonly endpoints: readonly Endpoint[]; readonly network: NetworkImpairment; readonly seed: string };

export type FromLoadWorker =
  | { readonly kind: 'tick'; readonly run: number; readonly tick: LoadTick }
  | { readonly kind: 'result'; readonly run: number; readonly result: ThreadResult }
  | { readonly kind: 'failed'; readonly run: number; readonly error: ErrorData; readonly trips: RoundTrips | null }
  | { readonly kind: 'impaired'; readonly endpoints: readonly Endpoint[] };
