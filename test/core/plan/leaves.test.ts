import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import { isLeaveDue, planLeaves, TRANSFERS_MAX } from '../../../functions/core/plan/leaves.ts';
import type { Plan } from '../../../functions/core/plan/plan.ts';
import { isProgressing } from '../../../functions/core/plan/plan.ts';
import {
  id,
  instance,
  launching,
  learner,
  member,
  memberId,
  NOW_MS,
  observation,
  type Parts,
  silent,
  terminating,
  unstarted,
  view,
} from '../../support/observations.ts';
import { peerUrl } from '../../support/tickets.ts';

const LONG_AGO = { hookSinceMs: NOW_MS - 90_000 };
const THREE = [member(1), member(2), member(3)];
const removal = (n: number, because: string) => ({
  kind: 'removeMember',
  memberId: memberId(n),
  instanceId: id(n),
  peerUrl: peerUrl(n),
  because,
});

function run(planner: typeof planLeaves, parts: Parts): Plan {
  const world = observation({ members: THREE, ...parts });
  return planner(world, world.etcd.view ?? view([]));
}
const leave = (parts: Parts) => run(planLeaves, parts);

describe('an orderly leave', () => {
  test('of a follower is its removal', () => {
    const instances = [instance(1), terminating(2, LONG_AGO), instance(3)];
    expect(leave({ instances }).actions).toEqual([removal(2, 'terminating')]);
  });

  test('of the leader moves leadership first, to the furthest voter that stays', () => {
    const members = [
      member(1),
      member(2, { raftIndex: 990n }),
      member(3, { raftIndex: 999n }),
      silent(4),
      member(5),
    ];
    const instances = [
      terminating(1, LONG_AGO),
      instance(2),
      instance(3),
      terminating(4, LONG_AGO),
      terminating(5, LONG_AGO),
    ];
    const alone = leave({ members, instances: instances.with(4, instance(5, { stage: 'inService' })) });
    expect(alone.actions).toMatchObject([{ kind: 'moveLeader', from: memberId(1), to: memberId(5) }]);
    const both = leave({
      members: members.filter(({ id: one }) => one !== memberId(5)),
      instances: instances.slice(0, 4),
    });
    expect(both.actions).toMatchObject([
      { kind: 'moveLeader', to: memberId(3), leaderUrl: 'http://10.0.0.1:2379' },
    ]);
  });

  test('of the leader leaves the newcomer a follower where one that was here before is close behind', () => {
    const members = [
      member(1),
      member(2, { raftIndex: 950n }),
      member(3, { raftIndex: 940n }),
      member(4, { raftIndex: 1_000n }),
    ];
    const instances = [terminating(1, LONG_AGO), instance(2), instance(3), launching(4)];
    const heir = (parts: readonly (typeof members)[number][]) =>
      leave({ members: parts, instances }).actions[0];
    expect(heir(members)).toMatchObject({ kind: 'moveLeader', to: memberId(2) });
    const far = [member(1), ...members.slice(1, 3).map((one) => ({ ...one, raftIndex: 899n }))];
    expect(heir([...far, member(4, { raftIndex: 1_000n })])).toMatchObject({ to: memberId(4) });
  });

  test('of the leader never moves leadership to another leaver, however far that one is', () => {
    // Its machine is past its hook, so it goes before the others, although it leads.
    const instances = [
      terminating(1, { waitsIn: null, hookSinceMs: null }),
      terminating(2, LONG_AGO),
      instance(3),
      instance(4),
    ];
    const members = [member(1), member(2, { raftIndex: 2_000n }), member(3), silent(4), member(5)];
    const plan = leave({ instances, members, view: view(members, { leaderId: memberId(1) }) });
    expect(plan.actions).toMatchObject([{ kind: 'moveLeader', from: memberId(1), to: memberId(3) }]);
  });

  test('of the leader moves no leadership while it may not go yet', () => {
    const plan = leave({
      members: [member(1), member(2), silent(3)],
      instances: [terminating(1, LONG_AGO), instance(2), instance(3)],
    });
    expect(plan.actions).toEqual([]);
    expect(plan.waits).toMatchObject([{ kind: 'quorumAtRisk', memberId: memberId(1) }]);
  });

  test('of several: the leader last, the others queue', () => {
    const instances = [terminating(1, LONG_AGO), terminating(2, LONG_AGO), instance(3)];
    const plan = leave({ instances });
    expect(plan.actions).toEqual([removal(2, 'terminating')]);
    expect(plan.waits).toEqual([{ kind: 'leaveQueued', instanceIds: [id(1)] }]);
  });

  test.each([
    [TRANSFERS_MAX - 1, 'moveLeader'],
    [TRANSFERS_MAX, 'removeMember'],
  ])('after %i failed transfers begins with %s', (failedTransferCount, kind) => {
    const instances = [terminating(1, LONG_AGO), instance(2), instance(3)];
    expect(leave({ instances, pass: { failedTransferCount } }).actions).toMatchObject([{ kind }]);
  });

  test('is held while the survivors would be no majority', () => {
    const plan = leave({
      members: [member(1), member(2), silent(3)],
      instances: [instance(1), terminating(2, LONG_AGO), instance(3)],
    });
    expect(plan.actions).toEqual([]);
    expect(plan.waits).toMatchObject([
      { kind: 'quorumAtRisk', memberId: memberId(2), verdict: { answeringAfterCount: 1 } },
    ]);
  });

  test('of the last voter is held', () => {
    const plan = leave({ members: [member(1)], instances: [terminating(1, LONG_AGO)] });
    expect(plan).toEqual({ actions: [], waits: [{ kind: 'lastVoter', instanceId: id(1) }] });
  });
});

describe('a leaver lets its replacement come first', () => {
  const awaiting = { kind: 'awaitingReplacement', instanceId: id(2) };
  const since = (ageMs: number | null) => [
    instance(1),
    terminating(2, { hookSinceMs: ageMs === null ? null : NOW_MS - ageMs }),
    instance(3),
  ];

  test.each([
    ['for its grace', { instances: since(89_999) }, true],
    ['not longer', { instances: since(90_000) }, false],
    ['not when nobody knows since when it waits', { instances: since(null) }, false],
    ['not when the group wants fewer', { instances: since(1_000), group: { desiredCapacity: 2 } }, false],
    [
      'not after a join failed since its hook began',
      {
        instances: since(1_000),
        view: view(THREE, { memory: { ...NO_MEMORY, lastFailedJoinAtMs: NOW_MS - 500 } }),
      },
      false,
    ],
    [
      'also when a join failed before that',
      {
        instances: since(1_000),
        view: view(THREE, { memory: { ...NO_MEMORY, lastFailedJoinAtMs: NOW_MS - 5_000 } }),
      },
      true,
    ],
    [
      'while a learner catches up, beyond its grace',
      { instances: since(389_999), members: [...THREE, learner(4)] },
      true,
    ],
    [
      'while one may still be booting',
      { instances: since(389_999), members: [...THREE, unstarted(4)] },
      true,
    ],
    [
      'S19 not for a learner that never catches up',
      { instances: since(390_000), members: [...THREE, learner(4)] },
      false,
    ],
    [
      'S11 without bound when too few would stay for the size of the group',
      { instances: since(999_999), members: THREE.slice(0, 2), group: { desiredCapacity: 3 } },
      true,
    ],
    [
      'not for a learner that is silent',
      { instances: since(999_999), members: [...THREE, learner(4, { answers: false })] },
      false,
    ],
    [
      'not for a learner of a stranger',
      { instances: since(999_999), members: [...THREE, learner(4, { instanceId: null })] },
      false,
    ],
  ] satisfies readonly (readonly [string, Parts, boolean])[])('%s', (_title, parts, waits) => {
    const plan = leave(parts);
    if (waits) expect(plan).toMatchObject({ actions: [], waits: [awaiting] });
    else expect(plan.actions).toEqual([removal(2, 'terminating')]);
  });

  test('and is followed closely for as long as that has a bound', () => {
    const isSoon = (ageMs: number) =>
      leave({ instances: since(ageMs), members: THREE.slice(0, 2) }).waits.map((one) => isProgressing(one));
    expect(isSoon(389_999)).toEqual([true]);
    expect(isSoon(390_000)).toEqual([false]);
  });

  test('and goes before the next newcomer is added when its time is over', () => {
    const due = (ageMs: number, members = THREE) => {
      const world = observation({ instances: [...since(ageMs), launching(4)], members });
      return isLeaveDue(world, view(members));
    };
    expect(due(90_000)).toBe(true);
    expect(due(89_999)).toBe(false);
    expect(due(90_000, [member(1), member(2), silent(3)])).toBe(false);
  });
});
