import type { ErrorData } from '../domain/errors.ts';
import type { RoundTrips } from '../domain/round-trips.ts';
import type { Endpoint, LoadPlan, LoadResult, LoadTick } from '../study/ports.ts';

/** To a load generator that runs beside the replicas. `call` numbers what is answered. */
export type ToStation =
  | { readonly kind: 'run'; readonly call: number; readonly plan: LoadPlan }
  | { readonly kind: 'abort' }
  | { readonly kind: 'network'; readonly call: number; readonly endpoints: readonly Endpoint[] }
  /** Answered at once: how far away it is. */
  | { readonly kind: 'echo'; readonly call: number };

export type FromStation =
  | { readonly kind: 'tick'; readonly call: number; readonly tick: LoadTick }
  | { readonly kind: 'answer'; readonly call: number; readonly value: LoadResult | number | null }
  | { readonly kind: 'failed'; readonly call: number; readonly error: ErrorData; readonly trips: RoundTrips | null };
