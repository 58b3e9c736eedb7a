import { expect, test } from 'vitest';
import { toCsv } from '../../../renderer/charts/export.ts';
import { countTrials, filterTrials, isFiltered, NO_FILTER } from '../../../renderer/charts/filter.ts';
import { failuresByCause, finishedText, trialsTable } from '../../../renderer/results/study-words.ts';
import { buildStudy } from '../fixtures/build-study.ts';

const study = buildStudy({ trials: 50, failEvery: 9, end: true });

test('counts add up to the trials', () => {
  const { valid, doubtful, failed, random, bayes, measured } = countTrials(study);
  expect([valid + doubtful, failed, measured, random + bayes]).toEqual([45, 5, 45, 45]);
  expect(doubtful).toBeGreaterThan(0);
});

test('filters remove what they name', () => {
  expect(filterTrials(study, NO_FILTER)).toHaveLength(50);
  expect(filterTrials(study, { ...NO_FILTER, failed: false })).toHaveLength(45);
  expect(filterTrials(study, { ...NO_FILTER, random: false }).every(({ origin }) => origin === 'bayes')).toBe(true);
  const top = filterTrials(study, { ...NO_FILTER, top: 5 });
  expect(top).toHaveLength(5);
  expect(top.map(({ number }) => number)).toContain(study.incumbent);
  const byHand = { ...study, trials: study.trials.map((trial) => (trial.number === 50 ? { ...trial, origin: 'user' as const } : trial)) };
  expect(filterTrials(byHand, NO_FILTER)).toHaveLength(50);
  expect(filterTrials(byHand, { ...NO_FILTER, user: false }).map(({ number }) => number)).not.toContain(50);
  expect(countTrials(byHand)).toMatchObject({ user: 1, measured: 45 });
  expect(isFiltered(NO_FILTER)).toBe(false);
  expect(isFiltered({ ...NO_FILTER, top: 5 })).toBe(true);
});

test('failures are grouped by cause', () => {
  const causes = failuresByCause(study);
  expect(causes.map(({ word, trials }) => [word, trials.length])).toEqual([['not ready', 3], ['no memory', 2]]);
  expect(causes[1]!.hint).toBe('Raise the lowest memory to 360 MB.');
});

test('says when and how long', () => {
  expect(finishedText(study, new Date('2026-11-21T12:00:00'))).toMatch(/^Finished .*, in 4 min 5\d s\. All 50 trials used\.$/);
  expect(finishedText({ ...study, runs: study.runs.map((run) => ({ ...run, backend: 'simulated' })) })).toMatch(/^Finished after 4 min 5\d s of virtual time\. All 50 trials used\.$/);
  expect(finishedText(buildStudy({ trials: 3 }))).toBe('3 of 50 trials so far');
});

test('the exported table has every trial, units in the heads and nothing rounded', () => {
  const table = trialsTable(study, study.trials);
  expect(table.head).toContain('Mean round trip (ms)');
  expect(table.head).toContain('CPU per replica (cores)');
  expect(table.rows).toHaveLength(50);
  const csv = toCsv(table).split('\r\n');
  expect(csv).toHaveLength(52);
  expect(csv[1]).toContain(String(study.trials[0]!.value));
});

test('CSV quotes what would break it', () => {
  expect(toCsv({ head: ['a,b', 'c'], rows: [['say "hi"', null], [1.5, 'x\ny']] })).toBe('"a,b",c\r\n"say ""hi""",\r\n1.5,"x\ny"\r\n');
});
