import { render, screen } from '@testing-library/svelte';
import { cleanup } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { formatTuple } from '../../../main/domain/serving-configuration.ts';
import { applyStudyEvent } from '../../../main/domain/study.ts';
import PanelWithTooltips from './PanelWithTooltips.svelte';
import { Proposal } from '../../../renderer/run/proposal.svelte.ts';
import { buildStudy } from '../fixtures/build-study.ts';
import type { Suggestion } from '../../../main/domain/suggestion.ts';
import type { StudyView } from '../../../renderer/state/study.svelte.ts';

afterEach(cleanup);

const AT = '2026-11-21T10:42:00.000Z';
const finished = buildStudy({ trials: 30, running: true });
const paused = applyStudyEvent(applyStudyEvent(finished, { kind: 'trial-finished', at: AT, trial: 31, outcome: { state: 'aborted', reason: 'x' }, seconds: null }), { kind: 'run-paused', at: AT });
const next: Suggestion = {
  configuration: paused.trials[2]!.configuration, origin: 'bayes', largestExpectedGain: 0.2,
  prediction: { mean: 5.5, low: 5.2, high: 5.8, expectedGain: 0.11, chanceToBeat: 0.4, chanceToRun: 1 },
};
const viewOf = (study: typeof paused, asked: () => Promise<Suggestion | null>): StudyView =>
  ({ study, selectedTrial: null, next: asked, slice: async () => null, select: () => undefined }) as unknown as StudyView;

test('a study that waits shows the next trial and the prediction before its result', async () => {
  const asked = vi.fn(async () => next);
  const view = viewOf(paused, asked);
  const proposal = new Proposal();
  proposal.read(view);
  proposal.read(view);
  await vi.waitFor(() => expect(proposal.trial).not.toBeNull());
  expect(asked).toHaveBeenCalledTimes(1);
  expect(proposal.trial).toMatchObject({ number: 32, state: 'running', value: null, prediction: next.prediction });
  render(PanelWithTooltips, { view, trial: proposal.trial, proposed: proposal.trial, onopen: () => undefined });
  expect(screen.getByRole('heading', { name: 'Next, trial 32' })).toBeTruthy();
  expect(screen.getByText(formatTuple(paused.spec, next.configuration), { exact: false })).toBeTruthy();
  expect(document.body.textContent).toContain('The model predicts 5.50 ± 0.30 ms');
});

test('nothing is proposed while a trial runs', () => {
  const asked = vi.fn(async () => next);
  new Proposal().read(viewOf(finished, asked));
  expect(asked).not.toHaveBeenCalled();
});
