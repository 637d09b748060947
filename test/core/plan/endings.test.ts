import { describe, expect, test } from 'vitest';
import type { Instance } from '../../../functions/core/observation.ts';
import { planEndings } from '../../../functions/core/plan/endings.ts';
import type { Ending } from '../../../functions/core/ports.ts';
import {
  id,
  instance,
  launching,
  learner,
  member,
  memberId,
  observation,
  type Parts,
  silent,
  terminating,
  view,
} from '../../support/observations.ts';

const plan = (parts: Parts) => {
  const world = observation(parts);
  return planEndings(world, world.etcd.view ?? view([]));
};
const reported = (parts: Parts) =>
  plan(parts).actions.map((action) => (action.kind === 'reportUnhealthy' ? action.instanceId : action.kind));
const ending = (n: number, because: Ending = 'retirement', over: Partial<Instance> = {}) =>
  instance(n, { ending: because, ...over });
const about = (n: number, because: Ending) => ({ memberId: memberId(n), instanceId: id(n), because });

describe('an instance that EC2 is about to end', () => {
  test.each(['spotInterruption', 'retirement'] as const)(
    'is reported while it still answers (%s)',
    (because) => {
      expect(plan({ instances: [instance(1), instance(2), ending(3, because)] })).toEqual({
        actions: [{ kind: 'reportUnhealthy', ...about(3, because) }],
        waits: [{ kind: 'machineEnding', ...about(3, because), isReported: true }],
      });
      const again = [instance(1), instance(2), ending(3, because, { isUnhealthy: true })];
      expect(reported({ instances: again })).toEqual([]);
    },
  );

  test('is not reported where it has no voter that answers, or leaves already', () => {
    const instances = [instance(1), instance(2), ending(3)];
    for (const third of [silent(3), learner(3)]) {
      expect(plan({ instances, members: [member(1), member(2), third] }).waits).toEqual([]);
    }
    const leaving = [instance(1), instance(2), terminating(3, { ending: 'retirement' })];
    expect(plan({ instances: leaving })).toEqual({ actions: [], waits: [] });
  });
});

describe('retirements are days ahead', () => {
  test('and go one at a time, the leader last', () => {
    const all = [ending(1), ending(2), ending(3)];
    expect(reported({ instances: all })).toEqual([id(2)]);
    expect(plan({ instances: all }).waits).toMatchObject([
      { instanceId: id(2), isReported: true },
      { instanceId: id(3), isReported: false },
      { instanceId: id(1), isReported: false },
    ]);
  });

  test.each([
    ['another one leaves', [terminating(4)]],
    ['another one is unhealthy', [instance(4, { isUnhealthy: true })]],
  ])('and wait while %s', (_how, others) => {
    const members = [member(1), member(2), member(3), member(4)];
    expect(reported({ members, instances: [instance(1), instance(2), ending(3), ...others] })).toEqual([]);
  });

  test('and wait while the others could not do without', () => {
    const members = [member(1), silent(2), member(3)];
    const instances = [instance(1), instance(2), ending(3), launching(4)];
    expect(reported({ members, instances })).toEqual([]);
    expect(plan({ members, instances }).waits).toMatchObject([{ kind: 'machineEnding', isReported: false }]);
  });
});

test('interruptions come within two minutes, whatever anybody does: all are reported at once', () => {
  const instances = [ending(1, 'spotInterruption'), ending(2, 'spotInterruption'), instance(3)];
  expect(reported({ instances })).toEqual([id(2), id(1)]);
});
