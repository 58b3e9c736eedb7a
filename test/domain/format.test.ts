import { describe, expect, it } from 'vitest';
import {
  formatCount, formatDuration, formatEstimate, formatInterval, formatMemory, formatMs, formatPercent, formatValue, timeUnit,
} from '../../main/domain/format.ts';

describe('numbers the user sees', () => {
  it.each([
    [5.1534, '5.15'], [12.44, '12.4'], [348.4, '348'], [3880, '3,880'], [0.1405, '0.141'], [0, '0'], [-6.954, '−6.95'],
    [9.996, '10.0'], [null, '–'], [Number.NaN, '–'], [0.000012345, '0.0000123'],
  ])('value %s is %s', (value, text) => expect(formatValue(value)).toBe(text));

  it.each([[999, '999'], [1000, '1,000'], [1365200, '1,365,200'], [-1200, '−1,200']])('count %s is %s', (value, text) =>
    expect(formatCount(value)).toBe(text));

  it.each([[0.348, '348 µs'], [5.15, '5.15 ms'], [9999, '10,000 ms'], [12_400, '12.4 s']])('%s ms is %s', (ms, text) =>
    expect(formatMs(ms)).toBe(text));

  it('one time unit per column, from its largest value', () => {
    expect([timeUnit(0.9), timeUnit(9999), timeUnit(10_000)].map(({ unit }) => unit)).toEqual(['µs', 'ms', 's']);
  });

  it.each([
    [5.1523, 0.0501, '5.15 ± 0.05'], [5.1523, 0.0472, '5.15 ± 0.05'], [5.1523, 0.0351, '5.152 ± 0.035'], [69.65, 2.43, '69.7 ± 2.4'],
    [412.3, 12.6, '412 ± 13'], [5.1523, null, '5.15'], [100.2, 0.996, '100.2 ± 1.0'], [3.64, 0.0999, '3.64 ± 0.10'], [9.04, 9.7, '9 ± 10'],
  ])('%s ± %s is %s', (value, half, text) => expect(formatInterval(value, half)).toBe(text));

  it.each([[43.2, '43 %'], [9.96, '10 %'], [5.25, '5.3 %'], [0, '0 %'], [-3.21, '−3.2 %']])('%s percent is %s', (value, text) =>
    expect(formatPercent(value)).toBe(text));

  it.each([[512, '512 MB'], [9999, '9,999 MB'], [28060, '27.4 GB']])('%s MB is %s', (mb, text) => expect(formatMemory(mb)).toBe(text));

  it.each([[0.2, 'under 1 s'], [38, '38 s'], [291, '4 min 51 s'], [300, '5 min'], [7800, '2 h 10 min']])('%s s lasts %s', (s, text) =>
    expect(formatDuration(s)).toBe(text));

  it.each([[4, 'a few seconds'], [14.6, 'about 15 s'], [38, 'about 40 s'], [58, 'about 1 min'], [291, 'about 5 min'], [25_200, 'about 7 h']])('%s s is %s', (s, text) =>
    expect(formatEstimate(s)).toBe(text));
});
