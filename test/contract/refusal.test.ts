import { describe, expect, it } from 'vitest';
import { fieldRefusals, parseOrRefuse } from '../../main/contract/refusal.ts';
import { studySpecSchema, type StudySpecDraft } from '../../main/domain/study-spec.ts';

const good: StudySpecDraft = {
  name: 'Digits', backend: { kind: 'local' }, model: { workload: 'digits' },
  space: [{ kind: 'integer', name: 'replicas', low: 1, high: 4 }],
  environment: { concurrency: 8 }, objective: { metric: 'meanRoundTripMs', direction: 'minimise' },
  measurement: { requests: { kind: 'fixed', count: 100 } }, sampler: { kind: 'random' }, budget: { trials: 5 }, seed: 1,
};

function sentencesFor(change: Record<string, unknown>): readonly string[] {
  const input = { ...good, ...change };
  const parsed = studySpecSchema.safeParse(input);
  return parsed.success ? [] : fieldRefusals(parsed.error, input).map(({ message }) => message);
}

describe('every refusal names the field, the value and what would be accepted', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['wrong type', { seed: 'seven' }, 'seed: “seven” cannot be used. Accepted: a number.'],
    ['not whole', { environment: { concurrency: 1.5 } }, 'environment.concurrency: 1.5 cannot be used. Accepted: a whole number.'],
    ['too small', { budget: { trials: 0 } }, 'budget.trials: 0 cannot be used. Accepted: at least 1.'],
    ['too large', { environment: { concurrency: 1001 } }, 'environment.concurrency: 1001 cannot be used. Accepted: at most 1000.'],
    ['empty text', { name: '' }, 'name: “” cannot be used. Accepted: at least 1 character.'],
    ['empty list', { space: [] }, 'space: [] cannot be used. Accepted: at least 1 entry.'],
    ['missing', { budget: {} }, 'budget.trials is missing. Accepted: a number.'],
    ['unknown choice', { backend: { kind: 'kube' } }, 'backend.kind: “kube” cannot be used. Accepted: local, docker, swarm or simulated.'],
    ['unknown kind', { sampler: { kind: 'magic' } }, 'sampler.kind: “magic” cannot be used. Accepted: random, bayes, sobol, grid, epsilon-greedy, tpe or paper.'],
    ['unknown field', { extra: 1 }, 'extra is not known here. Accepted: only the fields of the format; take this one out.'],
    ['a rule across fields', { sampler: { kind: 'bayes', startupTrials: 9 } }, 'sampler.startupTrials: 9 cannot be used. Accepted: at most the 5 trials of the budget.'],
    ['bounds', { space: [{ kind: 'integer', name: 'replicas', low: 1, high: 99 }] }, 'space.0.high: 99 cannot be used. Accepted: at most 64.'],
  ])('%s', (_what, change, sentence) => {
    expect(sentencesFor(change)).toEqual([sentence]);
  });

  it('lists every field once', () => {
    expect(sentencesFor({ name: '', seed: -1, other: 1, another: 2 })).toHaveLength(4);
  });
});

it('throws the first field and says which others there are', () => {
  const input = { ...good, name: 3, seed: -1 };
  expect(() => parseOrRefuse(studySpecSchema, input)).toThrowError(
    expect.objectContaining({
      code: 'bad-input', message: 'name: 3 cannot be used. Accepted: text.',
      details: expect.objectContaining({ field: 'name', value: 3, accepted: 'text', hint: 'Also to be put right: seed.' }) as unknown,
    }),
  );
});

it('keeps a long value short in the sentence', () => {
  const [sentence] = sentencesFor({ budget: Array.from({ length: 500 }, (_, i) => i) });
  expect(sentence!.length).toBeLessThan(160);
});
