import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import { ADDRESS_REST_MS, planJoins, VOTERS_MAX } from '../../../functions/core/plan/joins.ts';
import { newcomersOf } from '../../../functions/core/plan/newcomers.ts';
import type { Plan } from '../../../functions/core/plan/plan.ts';
import {
  CLUSTER_ID,
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
import { joining, openTicket, peerUrl, startedTicket } from '../../support/tickets.ts';

const THREE = [member(1), member(2), member(3)];
const IN_SERVICE = [instance(1), instance(2), instance(3)];

function plan(parts: Parts): Plan {
  const world = observation({ instances: [...IN_SERVICE, launching(4)], members: THREE, ...parts });
  return planJoins(world, world.etcd.view ?? view([]));
}

describe('a newcomer', () => {
  test('is an instance that waits to launch, or one in service that lost its member', () => {
    const world = observation({
      instances: [
        instance(1),
        launching(2),
        instance(3),
        terminating(4),
        instance(5, { stage: 'aside' }),
        instance(6, { stage: 'arriving' }),
      ],
      members: [member(1)],
    });
    expect(newcomersOf(world, view([member(1)])).map((one) => one.id)).toEqual([id(2), id(3)]);
  });

  test('is none whose hook was answered in this pass', () => {
    const world = observation({
      instances: [launching(4)],
      pass: { answeredHooks: new Set([`launch:${id(4)}`]) },
    });
    expect(newcomersOf(world, view(THREE))).toEqual([]);
    // The list has caught up with that answer: whoever is in service without a member lost it since.
    const later = { ...world, instances: [instance(4)] };
    expect(newcomersOf(later, view(THREE)).map((one) => one.id)).toEqual([id(4)]);
  });

  test('is announced first, with the cluster’s id and no member id', () => {
    const announced = { ...joining(member(4)), clusterId: CLUSTER_ID };
    expect(plan({}).actions).toEqual([{ kind: 'writeTicket', ticket: announced }]);
  });

  test('is added when it is announced, at the address that was announced', () => {
    const add = { kind: 'addLearner', instanceId: id(4), peerUrl: peerUrl(4) };
    const tickets = new Map([[id(4), joining(member(4))]]);
    expect(plan({ records: { tickets } }).actions).toEqual([add]);
    const moved = new Map([[id(4), { ...joining(member(4)), peerUrl: peerUrl(9) }]]);
    expect(plan({ records: { tickets: moved } }).actions.map(({ kind }) => kind)).toEqual(['writeTicket']);
  });

  test('is announced anew when it lost its member and disk', () => {
    const tickets = new Map([[id(4), startedTicket(member(4))]]);
    const { actions } = plan({ instances: [...IN_SERVICE, instance(4)], records: { tickets } });
    expect(actions).toMatchObject([{ kind: 'writeTicket', ticket: { state: 'joining', memberId: null } }]);
  });

  test('is the first of several; the others queue', () => {
    const queued = plan({ instances: [...IN_SERVICE, launching(4), launching(5)] });
    expect(queued.actions).toMatchObject([{ ticket: { instanceId: id(4) } }]);
    expect(queued.waits).toEqual([{ kind: 'joinQueued', instanceIds: [id(5)] }]);
  });
});

describe('what stands against one newcomer keeps no other from joining', () => {
  const behind = launching(5);
  const cases: readonly (readonly [string, Parts, object])[] = [
    [
      'no address',
      { instances: [...IN_SERVICE, launching(4, { address: null }), behind] },
      { kind: 'addressMissing', instanceId: id(4) },
    ],
    [
      'an address that a member has',
      { instances: [...IN_SERVICE, launching(4, { address: '10.0.0.3' }), behind] },
      { kind: 'addressTaken', instanceId: id(4), memberId: memberId(3) },
    ],
    [
      'an address that rests',
      {
        instances: [...IN_SERVICE, launching(4), behind],
        pass: { removedAtMs: new Map([[peerUrl(4), NOW_MS - ADDRESS_REST_MS + 1]]) },
      },
      { kind: 'addressResting', instanceId: id(4) },
    ],
  ];
  test.each(cases)('%s', (_title, parts, expected) => {
    const { actions, waits } = plan(parts);
    expect(waits).toEqual([expected]);
    expect(actions).toMatchObject([{ kind: 'writeTicket', ticket: { instanceId: id(5) } }]);
  });

  test('an address that rested long enough is added', () => {
    const removedAtMs = new Map([[peerUrl(4), NOW_MS - ADDRESS_REST_MS]]);
    expect(plan({ pass: { removedAtMs } }).waits).toEqual([]);
  });
});

describe('nobody is added', () => {
  test('while the voters that answer are no majority', () => {
    expect(plan({ members: [member(1), silent(2), silent(3)] })).toEqual({
      actions: [],
      waits: [{ kind: 'noCommit', voterCount: 3, answeringCount: 1 }],
    });
  });

  test(`beyond ${VOTERS_MAX} voters that stay, and one that comes before its leaver goes`, () => {
    const seven = Array.from({ length: 7 }, (_, index) => index + 1);
    const members = seven.map((n) => member(n));
    const instances = [...seven.map((n) => instance(n)), launching(8)];
    const stay = plan({ instances, members, group: { desiredCapacity: 8 } });
    expect(stay).toEqual({ actions: [], waits: [{ kind: 'tooManyMembers', instanceId: id(8) }] });
    // A refresh that launches first waits for it to vote, and terminates nobody before.
    const refreshed = plan({ instances, members, group: { desiredCapacity: 7 } });
    expect(refreshed).toMatchObject({ actions: [{ ticket: { instanceId: id(8) } }], waits: [] });
    const ninth = plan({
      instances: [...seven.map((n) => instance(n)), instance(8), launching(9)],
      members: [...members, member(8)],
      group: { desiredCapacity: 7 },
    });
    expect(ninth).toEqual({ actions: [], waits: [{ kind: 'tooManyMembers', instanceId: id(9) }] });
    // Found unhealthy by a group that launches first, it is terminated when the ninth is in service, and not before.
    const unhealthy = [...seven.map((n) => instance(n, { isUnhealthy: n === 1 })), instance(8), launching(9)];
    const replaced = plan({
      instances: unhealthy,
      members: [...members, member(8)],
      group: { desiredCapacity: 7 },
    });
    expect(replaced).toMatchObject({ actions: [{ ticket: { instanceId: id(9) } }], waits: [] });
    const oneLeaves = plan({
      instances: [terminating(1), ...seven.slice(1).map((n) => instance(n)), launching(8)],
      members,
      group: { desiredCapacity: 7 },
    });
    expect(oneLeaves.actions).toHaveLength(1);
  });

  test('while a learner is there, or a member that has not started', () => {
    for (const inFlight of [learner(5, { raftIndex: 1n }), unstarted(5), unstarted(5, { role: 'voter' })]) {
      const world = plan({
        instances: [...IN_SERVICE, launching(4), launching(5)],
        members: [...THREE, inFlight],
      });
      expect(world.actions).toEqual([]);
      expect(world.waits).toContainEqual({ kind: 'joinQueued', instanceIds: [id(4)] });
    }
  });

  test('while somebody else’s change is in flight', () => {
    expect(plan({ members: [...THREE, learner(9, { instanceId: null })] }).waits).toEqual([
      { kind: 'foreignChange', memberId: memberId(9) },
      { kind: 'joinQueued', instanceIds: [id(4)] },
    ]);
  });

  test('a founder that never started blocks joins for its grace only', () => {
    const members = [member(1), member(2), unstarted(3, { role: 'voter', name: id(3) })];
    const since = (ageMs: number) =>
      view(members, { memory: { ...NO_MEMORY, unstartedSinceMs: { [memberId(3)]: NOW_MS - ageMs } } });
    expect(plan({ view: since(299_999) }).actions).toEqual([]);
    expect(plan({ view: since(300_000) }).actions).toHaveLength(1);
  });
});

describe('a learner is promoted', () => {
  const promote = { kind: 'promoteLearner', memberId: memberId(4), instanceId: id(4) };
  const about = { memberId: memberId(4), instanceId: id(4) };
  const with4 = (over: Parameters<typeof learner>[1], voters = THREE) =>
    plan({ members: [...voters, learner(4, over)] });

  test('when it has nine tenths of the log', () => {
    expect(with4({ raftIndex: 900n }).actions).toEqual([promote]);
    expect(with4({ raftIndex: 899n })).toEqual({
      actions: [],
      waits: [{ kind: 'learnerCatchingUp', ...about }],
    });
    expect(with4({ raftIndex: null }).actions).toEqual([]);
  });

  test('not while it is silent, or has not started', () => {
    expect(with4({ answers: false }).waits).toEqual([{ kind: 'learnerSilent', ...about }]);
    expect(plan({ members: [...THREE, unstarted(4)] }).waits).toEqual([{ kind: 'memberStarting', ...about }]);
  });

  test('not when the voters of today would be no majority with it', () => {
    const { actions, waits } = with4({}, [member(1), member(2), silent(3)]);
    expect(actions).toEqual([]);
    expect(waits).toMatchObject([
      { kind: 'quorumAtRisk', memberId: memberId(4), verdict: { quorumAfterCount: 3 } },
    ]);
  });

  test('not when its instance is leaving', () => {
    const world = plan({ instances: [...IN_SERVICE, terminating(4)], members: [...THREE, learner(4)] });
    expect(world).toEqual({ actions: [], waits: [] });
  });

  test.each([
    [2, []],
    [3, [promote]],
  ])('as the second voter of one only after %i looks in sync: %j', (looks, expected) => {
    const { actions } = plan({
      instances: [instance(1), launching(4)],
      members: [member(1), learner(4)],
      pass: { inSyncLooks: new Map([[memberId(4), looks]]) },
    });
    expect(actions).toEqual(expected);
  });
});

test('an instance in service whose one new ticket was spent is reported, not tried again', () => {
  const tickets = new Map([[id(4), openTicket(member(4))]]);
  const { actions, waits } = plan({ instances: [...IN_SERVICE, instance(4)], records: { tickets } });
  expect(actions).toEqual([]);
  expect(waits).toEqual([{ kind: 'joinFailed', instanceId: id(4) }]);
});
