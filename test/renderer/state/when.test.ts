import { describe, expect, it } from 'vitest';
import { whenText } from '../../../renderer/state/when.ts';
import { shownProjectName } from '../../../renderer/state/project-name.ts';

describe('whenText', () => {
  const now = new Date(2026, 10, 21, 12, 0);
  it.each([
    [new Date(2026, 10, 21, 10, 42), 'today, 10:42'],
    [new Date(2026, 10, 20, 23, 59), 'yesterday'],
    [new Date(2026, 10, 17, 8, 0), 'Tuesday'],
    [new Date(2026, 10, 12, 8, 0), '12 Nov'],
    [new Date(2025, 10, 12, 8, 0), '12 Nov 2025'],
  ])('%s', (at, text) => {
    expect(whenText(at.toISOString(), now)).toBe(text);
  });

  it('says nothing about what is no time', () => {
    expect(whenText('never', now)).toBe('');
  });
});

describe('shownProjectName', () => {
  it('leaves out the moment a draft was made, and nothing else', () => {
    expect([shownProjectName('Digits 2026-11-21 222419'), shownProjectName('lab 2026-11-21')]).toEqual(['Digits', 'lab 2026-11-21']);
  });
});
