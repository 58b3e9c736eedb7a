import type { ErrorData } from '../domain/errors.ts';
import type { ProxyReading } from '../domain/network.ts';
import type { RoundTrips } from '../domain/round-trips.ts';
import type { NetworkImpairment } from '../domain/study-spec.ts';
import type { Endpoint, LoadPlan, LoadTick } from '../study/ports.ts';
import type { HopProbe } from './proxy-hop.ts';
import type { ThreadResult } from './merge-results.ts';

/** To a thread of this room: it either measures, one run at a time, or impairs the network, never both. */
export type ToLoadWorker =
  | { readonly kind: 'run'; readonly run: number; readonly plan: LoadPlan; readonly dataRoot: string; readonly ownDataRoot: string | null; readonly waits: boolean; readonly together: boolean }
  /** What a proxy costs requests like this plan's, before the run. */
  | { readonly kind: 'hop'; readonly plan: LoadPlan; readonly dataRoot: string; readonly ownDataRoot: string | null; readonly hop: HopProbe }
  | { readonly kind: 'abort' }
  /** Every thread is ready: start sending. */
  | { readonly kind: 'go' }
  /** Every thread has enough: stop sending. */
  | { readonly kind: 'release' }
  | { readonly kind: 'impair'; readonly endpoints: readonly Endpoint[]; readonly network: NetworkImpairment; readonly seed: string; readonly pin: boolean }
  /** Says how late messages went on. */
  | { readonly kind: 'report' };

export type FromLoadWorker =
  | { readonly kind: 'tick'; readonly run: number; readonly tick: LoadTick }
  /** Could send, and waits for `go`. */
  | { readonly kind: 'ready'; readonly run: number }
  /** Has enough, and goes on sending until released. */
  | { readonly kind: 'enough'; readonly run: number }
  | { readonly kind: 'result'; readonly run: number; readonly result: ThreadResult }
  | { readonly kind: 'failed'; readonly run: number; readonly error: ErrorData; readonly trips: RoundTrips | null }
  | { readonly kind: 'hop'; readonly ownMs: ProxyReading['ownMs'] }
  | { readonly kind: 'impaired'; readonly endpoints: readonly Endpoint[]; readonly hop: HopProbe }
  | { readonly kind: 'lateness'; readonly lateness: Omit<ProxyReading, 'by' | 'ownMs'> };
