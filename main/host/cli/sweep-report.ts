import { CLAIM_WORDS, judgeClaims } from '../../domain/claims.ts';
import { compareSweep } from '../../domain/comparison.ts';
import { verdictSentence } from '../../domain/comparison-words.ts';
import { tableOne } from '../../domain/table-one.ts';
import type { Study } from '../../domain/study.ts';
import type { Sweep } from '../../domain/sweep.ts';
import { textTable } from './text-table.ts';

/** The verdict, Table 1 and the report's claims. */
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
