import { METHODS } from '../../main/contract/methods.ts';
import type { Services } from '../../main/contract/services.ts';

/** Services that answer null to everything, but for what the test says. */
export function fakeServices(overrides: Partial<Services> = {}): Services {
  const usual = Object.entries(METHODS).map(([name, { kind }]) => [name, kind === 'stream' ? () => undefined : async () => null]);
  return { ...Object.fromEntries(usual), ...overrides } as Services;
}
