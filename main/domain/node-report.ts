/** What runs on a node, as its manager or engine lists it. */
export interface NodeWork {
  readonly what: string;
  readonly count: number;
  /** Started by this program. */
  readonly ours: boolean;
  /** Reserved or allowed altogether; null where nothing says. */
  readonly cores: number | null;
  readonly memoryMb: number | null;
}

/** One machine a study may run on. What could not be asked is null. */
export interface NodeInfo {
  readonly name: string;
  readonly role: 'manager' | 'worker' | 'engine';
  /** "ready", "down", "drain", … as Docker says it. */
  readonly state: string;
  readonly usable: boolean;
  /** "Docker 27.1.0" */
  readonly engine: string;
  readonly address: string;
  readonly cores: number | null;
  readonly memoryMb: number | null;
  /** Taken by reservations (swarm) or limits (engine). */
  readonly takenCores: number;
  readonly takenMemoryMb: number;
  readonly resources: readonly { readonly kind: string; readonly total: number; readonly taken: number }[];
  readonly image: 'there' | 'missing' | null;
  /** Its clock minus ours, and how far that may be off: half the time of the question. */
  readonly clockOffsetMs: number | null;
  readonly clockWithinMs: number | null;
  readonly work: readonly NodeWork[];
  /** Why it, or a part of this, could not be asked; empty when everything could. */
  readonly problem: string;
}

export interface NodeReport {
  /** "Swarm of 2 nodes", "2 engines" */
  readonly summary: string;
  /** The image the study would start. */
  readonly image: string;
  readonly nodes: readonly NodeInfo[];
}
