import { expect, test } from 'vitest';
import { applyStudyEvent, foldStudy, studyFold, type Study } from '../../main/domain/study.ts';
import { studyEvents } from '../renderer/fixtures/build-study.ts';

const events = studyEvents({ trials: 40, failEvery: 7, running: true });

test('folding a history in place gives what folding event by event gives, after every event', () => {
  const fold = studyFold();
  let copied: Study | null = null;
  for (const event of events) {
    copied = applyStudyEvent(copied, event);
    expect(fold(event)).toEqual(copied);
  }
  expect(foldStudy(events)).toEqual(copied);
});

test('event by event, an older study stays as it was', () => {
  const older = foldStudy(events.slice(0, 20))!;
  const before = structuredClone(older);
  events.slice(20).reduce<Study>(applyStudyEvent, older);
  expect(older).toEqual(before);
});
