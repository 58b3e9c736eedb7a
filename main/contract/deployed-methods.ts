import { z } from 'zod';

/** `trial` null: the best. */
export const startDeployedParams = z.strictObject({ projectId: z.string().max(100), studyId: z.string().max(100), trial: z.int().positive().nullable() });

export interface DeployedReplica {
  /** "127.0.0.1:8501" */
  readonly address: string;
  /** CPU in cores, memory in MB, over the last second. */
  readonly cpuCores: number | null;
  readonly memoryMb: number | null;
  /** Whether it answered the last check, and how long that took; null before the first. */
  readonly answered: boolean | null;
  readonly roundTripMs: number | null;
}

/** A configuration that is kept running and watched. */
export interface Deployed {
  readonly projectId: string;
  readonly studyId: string;
  readonly studyName: string;
  readonly trial: number;
  /** "2 replicas, 0.75 cores and 512 MB each, …" */
  readonly words: string;
  readonly state: 'starting' | 'serving' | 'restarting' | 'failed';
  /** Serving without a break since; null while it is not. */
  readonly since: string | null;
  readonly enforcement: string;
  readonly replicas: readonly DeployedReplica[];
  readonly checks: { readonly answered: number; readonly failed: number };
  readonly restarts: number;
  /** What ended it the last time, in words; null when nothing has. */
  readonly fault: { readonly message: string; readonly hint: string } | null;
  /** Path of a prediction, the same on every replica: "/v1/models/digits:predict". */
  readonly predictPath: string;
}
