import type { ErrorData } from '../../domain/errors.ts';
import type { Capacity } from '../../domain/machine.ts';
import type { Configuration } from '../../domain/parameter.ts';
import type { Study } from '../../domain/study.ts';
import type { Suggestion, SurrogateSlice } from '../../domain/suggestion.ts';

/** What crosses the thread border: plain data only. */
export type SamplerCall =
  | { readonly kind: 'ask'; readonly study: Study; readonly capacity: Capacity }
  | {
      readonly kind: 'slice';
      readonly study: Study;
      readonly capacity: Capacity;
      readonly parameter: string;
      readonly at: Configuration;
    };

export interface SamplerQuestion {
  readonly id: number;
  readonly call: SamplerCall;
}

export type SamplerReply =
  | { readonly id: number; readonly kind: 'answer'; readonly answer: Suggestion | SurrogateSlice | null }
  | { readonly id: number; readonly kind: 'refusal'; readonly error: ErrorData };
