import { expect, test } from 'vitest';
import {
  creationPolicyOf,
  type RollingPolicy,
  updatePolicyOf,
} from '../../../infra/local/fleet/updates/policy.ts';
import { initiated, planRolling, replacementsFor } from '../../../infra/local/fleet/updates/rolling-plan.ts';

function rolling(given: Readonly<Record<string, unknown>>): RollingPolicy {
  const policy = updatePolicyOf({ AutoScalingRollingUpdate: given });
  if (policy.kind !== 'rolling') throw new Error(policy.kind);
  return policy;
}

// As seen in published events of the platform: sizes, policy, how many are obsolete; batch and capacity meanwhile.
test.each([
  [{ desired: 3, maxSize: 9 }, { MinInstancesInService: '3' }, 3, { batch: 1, desired: 4 }],
  [
    { desired: 6, maxSize: 9 },
    { MinInstancesInService: '6', MaxBatchSize: '6' },
    6,
    { batch: 3, desired: 9 },
  ],
  [
    { desired: 9, maxSize: 9 },
    { MinInstancesInService: '8', MaxBatchSize: '6' },
    9,
    { batch: 1, desired: 9 },
  ],
  [
    { desired: 9, maxSize: 9 },
    { MinInstancesInService: '3', MaxBatchSize: '6' },
    3,
    { batch: 3, desired: 9 },
  ],
  [{ desired: 2, maxSize: 4 }, { MinInstancesInService: '1' }, 2, { batch: 1, desired: 2 }],
  [{ desired: 3, maxSize: 3 }, {}, 3, { batch: 1, desired: 3 }],
])('a group of %j under %j with %i obsolete instances: %j', (sizes, policy, obsolete, plan) => {
  expect(planRolling(rolling(policy), { minSize: 0, ...sizes }, obsolete)).toEqual({
    ...plan,
    failuresMax: 0,
  });
});

test('half of five instances are three that must signal success', () => {
  const policy = rolling({ MinSuccessfulInstancesPercent: '50' });
  expect(planRolling(policy, { minSize: 0, maxSize: 9, desired: 5 }, 5).failuresMax).toBe(2);
});

test('never more newcomers than the group is to have in the end', () => {
  expect([replacementsFor(1, 1, 3), replacementsFor(2, 2, 3), replacementsFor(1, 3, 3)]).toEqual([1, 1, 0]);
  expect(replacementsFor(1, 4, 3)).toBe(0);
});

test('a rolling update says what it is about to do, and what it waits for', () => {
  expect(initiated(rolling({ PauseTime: 'PT10M' }), 1, 2)).toBe(
    'Rolling update initiated. Terminating 2 obsolete instance(s) in batches of 1. Pausing for PT10M when new instances are added to the autoscaling group.',
  );
});

test('durations are hours, minutes and seconds; signals are waited for five minutes where nothing else is said', () => {
  expect(rolling({ PauseTime: 'PT1M30S' }).pause.ms).toBe(90_000);
  expect(rolling({ WaitOnResourceSignals: 'true' }).pause).toEqual({ text: 'PT5M', ms: 300_000 });
  expect(rolling({}).pause.ms).toBe(0);
  expect(creationPolicyOf({ ResourceSignal: {} })).toEqual({
    count: 1,
    successPercent: 100,
    timeout: { text: 'PT5M', ms: 300_000 },
  });
  expect(creationPolicyOf({})).toBeNull();
});
