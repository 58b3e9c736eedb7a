import { expect, it } from 'vitest';
import { METHODS } from '../../main/contract/methods.ts';
import { parseOrRefuse } from '../../main/contract/refusal.ts';

it('refuses a path that no system can hold before it gets to one', () => {
  expect(parseOrRefuse(METHODS['project.open'].params, { path: '/a/b' })).toEqual({ path: '/a/b', readOnly: false });
  expect(() => parseOrRefuse(METHODS['project.open'].params, { path: 'a\0b' })).toThrowError(/^path: .* cannot be used\. Accepted: a path without NUL characters\.$/);
});
