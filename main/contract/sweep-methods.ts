import { z } from 'zod';
import { backendSchema } from '../domain/study-spec.ts';
import { sweepSpecSchema, type Sweep, type SweepEvent } from '../domain/sweep.ts';
import type { NumberedEvent } from '../domain/study-event.ts';
import type { Study } from '../domain/study.ts';

/** The report's whole programme at a scale, on a backend. */
export const programmeParams = z.strictObject({ scale: z.enum(['student', 'full']), backend: backendSchema });

/** A part of it before anything is made. */
export interface PlannedPart {
  readonly title: string;
  readonly yields: string;
  readonly studies: number;
  readonly trials: number;
  readonly requests: number;
  readonly seconds: number;
}

const ofProject = z.strictObject({ projectId: z.string().max(100) });
export const ofSweepParams = ofProject.extend({ sweepId: z.string().max(100) });
export const sweepsOfProjectParams = ofProject;
export const createSweepParams = ofProject.extend({ spec: sweepSpecSchema });
export const stopSweepParams = ofSweepParams.extend({ when: z.enum(['now', 'after-trial']) });

/** A sweep and everything in it: first the whole, then what happens. Fold with `applySweepEvent` and `applyStudyEvent`. */
export type SweepUpdate =
  | { readonly kind: 'snapshot'; readonly sweep: Sweep; readonly studies: readonly Study[] }
  | { readonly kind: 'sweep'; readonly event: SweepEvent }
  | { readonly kind: 'study'; readonly studyId: string; readonly numbered: NumberedEvent };
