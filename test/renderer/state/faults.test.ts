import { describe, expect, it } from 'vitest';
import { findFaults } from '../../../renderer/state/faults.ts';
import { lockedAt } from '../../../renderer/state/lock.ts';
import { valueAt, withValue } from '../../../renderer/state/paths.ts';
import { templateSpec } from '../fake-host.ts';

const faultsOf = (path: string, value: unknown) => findFaults(withValue(templateSpec(), path, value));

describe('findFaults', () => {
  it('has nothing to say about a template', () => {
    expect(findFaults(templateSpec())).toEqual([]);
  });

  it.each([
    ['environment.concurrency', 0, 'Concurrent requests: 0 cannot be used. Accepted: at least 1.', 1],
    ['environment.concurrency', 2.4, 'Concurrent requests: 2.4 cannot be used. Accepted: a whole number.', 2],
    ['environment.concurrency', null, 'Concurrent requests is missing. Accepted: a number.', undefined],
    ['seed', 'abc', 'Seed: “abc” cannot be used. Accepted: a number.', undefined],
    ['space.0.high', 99, 'Highest Replicas: 99 cannot be used. Accepted: at most 64.', 64],
    ['space.1.low', 0.9, 'Highest CPU per replica: 0.85 cannot be used. Accepted: a highest value of at least 0.9.', 0.9],
    ['sampler.startupTrials', 80, 'Random first: 80 cannot be used. Accepted: at most the 50 trials of the budget.', 50],
  ])('%s = %j', (path, value, text, repair) => {
    const faults = faultsOf(path, value);
    expect(faults.map((fault) => fault.text)).toEqual([text]);
    expect(faults[0]!.repair?.value).toBe(repair);
  });

  it('offers only repairs that end the fault', () => {
    const spec = templateSpec();
    for (const [path, value] of [['space.0.low', -3], ['space.2.low', 1.5], ['budget.trials', 0], ['measurement.timeoutMs', 1]] as const) {
      for (const fault of findFaults(withValue(spec, path, value))) {
        if (!fault.repair) continue;
        const after = findFaults(withValue(withValue(spec, path, value), fault.path, fault.repair.value));
        expect(after.map((other) => other.path)).not.toContain(fault.path);
      }
    }
  });
});

describe('paths', () => {
  it('change one place and share the rest', () => {
    const spec = templateSpec();
    const next = withValue(spec, 'space.1.low', 0.3);
    expect([valueAt(next, 'space.1.low'), valueAt(spec, 'space.1.low')]).toEqual([0.3, 0.2]);
    expect(next.space[0]).toBe(spec.space[0]);
    expect(valueAt(spec, 'nowhere.at.all')).toBeUndefined();
  });
});

describe('lockedAt', () => {
  it('leaves bounds, budget, sampler and name open once there are trials', () => {
    const lock = { kind: 'some', reason: 'There are trials.' } as const;
    const open = ['name', 'space.0.low', 'space.3.values', 'budget.trials', 'sampler.startupTrials'].map((path) => lockedAt(lock, path));
    const closed = ['seed', 'environment.concurrency', 'space.0.kind', 'fixed.replicas', 'objective.metric'].map((path) => lockedAt(lock, path));
    expect(open).toEqual([null, null, null, null, null]);
    expect(new Set(closed)).toEqual(new Set(['There are trials.']));
  });
});
