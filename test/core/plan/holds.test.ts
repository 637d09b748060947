import { describe, expect, test } from 'vitest';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import { holdsOn, isHeld } from '../../../functions/core/plan/holds.ts';
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
} from '../../support/observations.ts';

const LONG_AGO = { hookSinceMs: NOW_MS - 600_000 };
const five = (over: Parts = {}): Parts => ({
  members: [member(1), member(2), member(3), silent(4), member(5)],
  instances: [instance(1), instance(2), instance(3), instance(4), terminating(5, LONG_AGO)],
  group: { desiredCapacity: 4 },
  ...over,
});
const planOf = (parts: Parts) => planCluster(observation(parts));
const kindsOf = (parts: Parts): readonly string[] => planOf(parts).actions.map(({ kind }) => kind);
const held = (parts: Parts) => planOf(parts).waits.find(({ kind }) => kind === 'notTolerant');
const withLeaver = (leaver: Parameters<typeof terminating>[1]): Parts =>
  five({
    instances: [
      instance(1),
      instance(2),
      instance(3),
      instance(4),
      terminating(5, { ...LONG_AGO, ...leaver }),
    ],
  });

describe('a leaver that was taken by choice', () => {
  test('waits while another voter does not answer, although the rest would be a majority', () => {
    expect(held(five())).toMatchObject({
      ...{ memberId: memberId(5), instanceId: id(5), isSoon: false },
      shortfalls: [{ code: 'voterSilent', subject: id(4) }],
    });
    expect(kindsOf(five())).not.toContain('removeMember');
    const calm = five({ members: [1, 2, 3, 4, 5].map((n) => member(n)) });
    expect(kindsOf(calm)).toContain('removeMember');
  });

  test('waits while another voter is further behind than the configuration allows', () => {
    const behind = (raftIndex: bigint) =>
      five({ members: [member(1), member(2), member(3), member(4, { raftIndex }), member(5)] });
    expect(held({ ...behind(-1n) })).toMatchObject({ shortfalls: [{ code: 'voterBehind', subject: id(4) }] });
    expect(held(behind(0n))).toBeUndefined();
    expect(kindsOf(behind(0n))).toContain('removeMember');
  });

  test('of the leader keeps leadership as long', () => {
    const members = [member(5), member(1), member(2), member(3), silent(4)];
    expect(kindsOf(five({ members }))).not.toContain('moveLeader');
    expect(kindsOf(five({ members: members.with(4, member(4)) }))).toContain('moveLeader');
  });

  test('is followed closely while its hook is young, and left to the schedule later', () => {
    const soon = held(withLeaver({ hookSinceMs: NOW_MS - 29_999 }));
    const later = held(withLeaver({ hookSinceMs: NOW_MS - 30_000 }));
    // Before the grace for its replacement is over it waits for that.
    expect([soon, later].map((one) => one?.kind)).toEqual(['notTolerant', 'notTolerant']);
    expect(soon !== undefined && isProgressing(soon)).toBe(true);
    expect(later !== undefined && isProgressing(later)).toBe(false);
  });

  test('does not keep a newcomer from joining meanwhile', () => {
    const parts = five({
      instances: [instance(1), instance(2), instance(3), instance(4), terminating(5, LONG_AGO), launching(6)],
    });
    expect(kindsOf(parts)).toContain('writeTicket');
  });

  test('waits for nobody who leaves too, who is a stranger, or who is a learner', () => {
    const leaving = five({
      instances: [instance(1), instance(2), instance(3), terminating(4, LONG_AGO), terminating(5, LONG_AGO)],
    });
    expect(held(leaving)).toBeUndefined();
    const stranger = member(4, { instanceId: null, answers: false });
    expect(held(five({ members: [member(1), member(2), member(3), stranger, member(5)] }))).toBeUndefined();
    const mute = learner(4, { answers: false });
    expect(held(five({ members: [member(1), member(2), member(3), mute, member(5)] }))).toBeUndefined();
  });

  test('retained by its group waits as well: nothing ends its machine', () => {
    const parts = five({
      instances: [instance(1), instance(2), instance(3), instance(4), instance(5, { stage: 'retained' })],
    });
    expect(held(parts)).toMatchObject({ instanceId: id(5) });
  });
});

describe('a leaver is judged by quorum alone, as it ends whatever we do,', () => {
  test.each<[string, Parameters<typeof terminating>[1]]>([
    ['where EC2 interrupts it', { ending: 'spotInterruption' }],
    ['where EC2 retires its hardware', { ending: 'retirement' }],
    ['where its group found it unhealthy', { isUnhealthy: true }],
    ['where no hook holds it', { waitsIn: null, hookSinceMs: null }],
    ['where three quarters of its hook are over', { hookSinceMs: NOW_MS - 172_800_000 * 0.75 }],
  ])('%s', (_name, leaver) => {
    expect(held(withLeaver(leaver))).toBeUndefined();
    expect(kindsOf(withLeaver(leaver))).toContain('removeMember');
  });

  test('and not a moment before that part of its hook', () => {
    const almost = { hookSinceMs: NOW_MS - 172_800_000 * 0.75 + 1 };
    expect(held(withLeaver(almost))).toBeDefined();
  });

  test('and goes before one that is held', () => {
    const parts: Parts = {
      members: [1, 2, 3, 4, 5, 6, 7].map((n) => (n === 4 ? silent(4) : member(n))),
      instances: [
        ...[1, 2, 3, 4, 7].map((n) => instance(n)),
        terminating(5, LONG_AGO),
        terminating(6, { ...LONG_AGO, isUnhealthy: true }),
      ],
      group: { desiredCapacity: 5 },
    };
    expect(planOf(parts).actions).toContainEqual(
      expect.objectContaining({ kind: 'removeMember', instanceId: id(6) }),
    );
  });
});

test('whoever waits for a silent voter is held in the eyes of that one, and a silent leaver is not', () => {
  const world = observation(five());
  const seen = world.etcd.view;
  expect(seen !== null && isHeld(world, seen, terminating(5, LONG_AGO))).toBe(true);
  expect(seen !== null && isHeld(world, seen, terminating(4, LONG_AGO))).toBe(false);
  expect(seen !== null && isHeld(world, seen, terminating(9, LONG_AGO))).toBe(false);
  const leaver = { member: member(5), instance: terminating(5, LONG_AGO) };
  expect(seen !== null && holdsOn(world, seen, leaver)).toMatchObject([
    { code: 'voterSilent', subject: id(4) },
  ]);
});

describe('a newcomer that votes', () => {
  const newcomer = (raftIndex: bigint, hookSinceMs: number): Parts => ({
    members: [member(1, { raftIndex: 5_000n }), member(2, { raftIndex: 5_000n }), member(3, { raftIndex })],
    instances: [instance(1), instance(2), launching(3, { hookSinceMs })],
  });

  test('is let go as soon as it keeps up', () => {
    expect(planOf(newcomer(4_000n, NOW_MS - 1_000)).actions).toMatchObject([
      {},
      { kind: 'answerHook', result: 'CONTINUE' },
    ]);
    const late = planOf(newcomer(3_999n, NOW_MS - 1_000));
    expect(late.actions.map(({ kind }) => kind)).not.toContain('answerHook');
    expect(late.waits).toContainEqual({ kind: 'voterBehind', memberId: memberId(3), instanceId: id(3) });
  });

  test('is let go in any case when its time to catch up is over: in service it is seen', () => {
    const given = planOf(newcomer(3_999n, NOW_MS - 3_600_000));
    expect(given.actions.map(({ kind }) => kind)).toContain('answerHook');
    expect(given.waits.map(({ kind }) => kind)).not.toContain('voterBehind');
  });
});

describe('S29 an even number of voters', () => {
  const evenOf = (desiredCapacity: number) =>
    planOf({ group: { desiredCapacity } }).waits.filter(({ kind }) => kind === 'evenSize');

  test('is advised against, and nothing waits for it', () => {
    expect(evenOf(4)).toEqual([{ kind: 'evenSize', desiredCapacity: 4 }]);
    expect(evenOf(2)).toHaveLength(1);
    for (const size of [0, 1, 3, 5, 7]) expect(evenOf(size)).toEqual([]);
  });
});
