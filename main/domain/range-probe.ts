import type { ServingConfiguration } from './serving-configuration.ts';

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What one roomy replica used, and bounds made of it. Null where the backend cannot observe it. */
export interface RangeProbe {
  readonly tried: ServingConfiguration;
  readonly enforcement: string;
  readonly cpuCores: { readonly observed: Range; readonly offered: Range } | null;
  readonly memoryMb: { readonly observed: Range; readonly offered: Range } | null;
}

export type RangeProbeUpdate =
  | { readonly kind: 'working'; readonly text: string }
  | { readonly kind: 'done'; readonly probe: RangeProbe };
