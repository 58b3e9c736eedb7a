import { CLAIM_WORDS, judgeClaims } from '../../domain/claims.ts';
import { compareSweep } from '../../domain/comparison.ts';
import { verdictSentence } from '../../domain/comparison-words.ts';
import { tableOne } from '../../domain/table-one.ts';
import type { Study } from '../../domain/study.ts';
import type { Sweep } from '../../domain/sweep.ts';
import { bestOf, studyAsJson } from './study-report.ts';
import { textTable } from './text-table.ts';

/** A sweep as data: raw numbers, nothing rounded. */
export function sweepAsJson(sweep: Sweep, studies: readonly Study[]): Record<string, unknown> {
  const comparison = compareSweep(sweep, studies);
  const { head, rows } = tableOne(sweep, comparison);
  return {
    id: sweep.id, name: sweep.spec.name, state: sweep.state, reason: sweep.reason, simulated: sweep.spec.base.backend.kind === 'simulated',
    vary: sweep.spec.vary, duel: sweep.spec.duel, repeats: sweep.spec.repeats,
    levels: comparison.levels.map(({ value, gain, random, bayes, alone }) => ({
      value, gainPercent: gain,
      best: [...random, ...bayes, ...alone].map(({ study, side, repeat, best }) => ({ studyId: study.id, side, repeat, trial: best?.number ?? null, value: best?.value ?? null, meanRoundTripMs: best?.measurement?.meanRoundTripMs ?? null, halfWidthMs: best?.measurement?.halfWidthMs ?? null })),
    })),
    medianGainPercent: comparison.medianGain,
    claims: judgeClaims(sweep, comparison),
    table: { head, rows },
    studies: studies.map((study) => ({ ...studyAsJson(study), bestRandom: bestOf(study, 'random')?.number ?? null, bestBayesian: bestOf(study, 'bayes')?.number ?? null })),
  };
}

/** The verdict, Table 1 and the three claims. */
export function sweepAsText(sweep: Sweep, studies: readonly Study[]): string {
  const comparison = compareSweep(sweep, studies);
  const { head, shown } = tableOne(sweep, comparison);
  const claims = judgeClaims(sweep, comparison).map(({ statement, verdict, numbers }) => `${CLAIM_WORDS[verdict]}: ${statement}. ${numbers}`);
  return [
    sweep.spec.name + (sweep.spec.base.backend.kind === 'simulated' ? ' (simulated)' : ''), '',
    verdictSentence(sweep, comparison).map((part) => (typeof part === 'string' ? part : part.strong)).join(''), '',
    textTable(head.map((text) => ({ head: text, align: 'right' })), shown), '', ...claims,
  ].join('\n');
}
