import type { ErrorData } from '../../domain/errors.ts';
import type { Capacity } from '../../domain/machine.ts';
import type { Configuration } from '../../domain/parameter.ts';
import type { StudyExplanation, Suggestion, SurrogateSlice, SurrogateSurface } from '../../domain/suggestion.ts';
import type { Prediction } from '../../domain/trial.ts';
import type { AskOptions, TaughtStudy } from '../study-request.ts';

interface AboutStudy extends AskOptions {
  readonly study: TaughtStudy;
  readonly capacity: Capacity;
}

/** What crosses the thread border: plain data only. */
export type SamplerCall = AboutStudy &
  (
    | { readonly kind: 'ask' }
    | { readonly kind: 'slice'; readonly parameter: string; readonly at: Configuration }
    | { readonly kind: 'surface'; readonly parameters: readonly [string, string]; readonly at: Configuration }
    | { readonly kind: 'predict'; readonly configuration: Configuration }
    | { readonly kind: 'explain' }
  );

export interface SamplerQuestion {
  readonly id: number;
  readonly call: SamplerCall;
}

export type SamplerAnswer = Suggestion | SurrogateSlice | SurrogateSurface | Prediction | StudyExplanation | null;

export type SamplerReply =
  | { readonly id: number; readonly kind: 'answer'; readonly answer: SamplerAnswer }
  | { readonly id: number; readonly kind: 'refusal'; readonly error: ErrorData };
