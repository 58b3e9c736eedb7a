import { describe, expect, it } from 'vitest';
import { parseNumber, showNumber } from '../../../renderer/components/numbers.ts';

describe('parseNumber', () => {
  it.each([
    ['1024', 1024], ['1,024', 1024], ['1,234,567.5', 1_234_567.5], ['1 024', 1024], ['1.5k', 1500], ['2M', 2_000_000],
    ['0.20', 0.2], ['.5', 0.5], ['0,5', 0.5], ['0,125', 0.125], ['12,50', 12.5], ['-3', -3], ['−3', -3], ['  7 ', 7],
  ])('reads %j', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(['', 'abc', '1,02,3', '1.2.3', '--1', 'k', '5 apples', '1e5'])('refuses %j', (text) => {
    expect(parseNumber(text)).toBeNull();
  });
});

describe('showNumber', () => {
  it('separates thousands, keeps asked decimals and rounds nothing away', () => {
    expect([showNumber(10_000), showNumber(0.2, 2), showNumber(0.125, 2), showNumber(-3), showNumber(1234.5)]).toEqual(['10,000', '0.20', '0.125', '−3', '1,234.5']);
  });

  it('is read back as the same number', () => {
    for (const value of [0, 7, 999, 1000, 1024, 1_000_000, 0.05, 12.345, -1500]) expect(parseNumber(showNumber(value))).toBe(value);
  });
});
