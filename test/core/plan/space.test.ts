import { describe, expect, test } from 'vitest';
import { planAlarmed } from '../../../functions/core/plan/alarms.ts';
import { isProgressing } from '../../../functions/core/plan/plan.ts';
import { planSpace } from '../../../functions/core/plan/space.ts';
import {
  armed,
  FULL,
  first,
  HOLLOW,
  MB,
  plan,
  QUOTA,
  repairing,
  status,
  worldOf,
} from '../../support/databases.ts';
import { id, instance, learner, machine, member, memberId, NOW_MS } from '../../support/observations.ts';

describe('S59 a repair of full databases', () => {
  test('is counted before it begins, with the configured quota as its limit', () => {
    const repair = { startedAtMs: NOW_MS, limitBytes: QUOTA, compacted: null, attempts: {} };
    expect(plan({ sizes: FULL })).toEqual({
      actions: [{ kind: 'noteSpace', record: { repairsAtMs: [NOW_MS], repair } }],
      waits: [],
    });
  });

  test('of a cluster that is full again takes what its files say for its limit', () => {
    const space = { repairsAtMs: [NOW_MS - 5_000], repair: null };
    const record = first(
      plan({
        sizes: [
          [50, 50],
          [40, 40],
          [40, 40],
        ],
        space,
      }),
    );
    expect(record).toMatchObject({ record: { repair: { limitBytes: 50 * MB } } });
  });

  test.each([
    ['two in a day', [NOW_MS - 2_000, NOW_MS - 1_000], 'noteSpace'],
    ['three in a day', [NOW_MS - 3_000, NOW_MS - 2_000, NOW_MS - 1_000], undefined],
    ['three, one of them of yesterday', [NOW_MS - 86_400_000, NOW_MS - 2_000, NOW_MS - 1_000], 'noteSpace'],
  ])('after %s: %j', (_name, repairsAtMs, kind) => {
    const { actions, waits } = plan({ sizes: FULL, space: { repairsAtMs, repair: null } });
    expect(actions[0]?.kind).toBe(kind);
    if (kind === undefined) expect(waits).toMatchObject([{ kind: 'quotaReached', because: 'tooOften' }]);
  });

  test('of long ago is over: the next one is counted', () => {
    const space = repairing({ startedAtMs: NOW_MS - 3_600_000 });
    expect(first(plan({ sizes: HOLLOW, space }))?.kind).toBe('noteSpace');
  });

  test('defragments what is hollow without forgetting anything, followers first', () => {
    expect(first(plan({ sizes: HOLLOW, space: repairing() }))).toMatchObject({
      kind: 'defragment',
      memberId: memberId(2),
      because: 'noSpace',
      record: { repair: { attempts: { [memberId(2)]: 1 } } },
    });
  });

  test('has the leader give leadership away before it is its turn, three times at most', () => {
    const sizes = [
      [100, 10],
      [10, 10],
      [10, 10],
    ] as const;
    const scene = { sizes, space: repairing() };
    expect(first(plan(scene))).toMatchObject({ kind: 'moveLeader', from: memberId(1) });
    const tired = { ...scene, pass: { failedTransferCount: 3 } };
    expect(first(plan(tired))).toMatchObject({ kind: 'defragment', memberId: memberId(1) });
  });

  test('takes the alarms back one by one, and with the last of them ends', () => {
    const sizes = [
      [10, 10],
      [10, 10],
      [10, 10],
    ] as const;
    const alarms = [2, 3].map((n) => ({ memberId: memberId(n), alarm: 'NOSPACE' }));
    const scene = { sizes, space: repairing() };
    expect(first(plan(scene, armed({ alarms })))).toMatchObject({ kind: 'disarm', record: null });
    expect(first(plan(scene))).toMatchObject({
      kind: 'disarm',
      alarm: { memberId: memberId(2) },
      record: { repair: null, repairsAtMs: [NOW_MS] },
    });
  });

  test('gives up a member whose file does not shrink however often', () => {
    const attempts = { [memberId(1)]: 3, [memberId(2)]: 3, [memberId(3)]: 3 };
    const { actions, waits } = plan({ sizes: HOLLOW, space: repairing({ attempts }) });
    expect(actions).toEqual([]);
    expect(waits).toMatchObject([{ kind: 'quotaReached', because: 'stuck' }]);
  });

  test.each([
    ['a voter of three', [1, 2], 3, 'makingSpace'],
    ['a voter of five', [1, 2, 3, 4], 5, 'defragment'],
    ['two of five', [1, 2, 3], 5, 'makingSpace'],
  ])('without %s goes on only where one more can be spared', (_name, proven, count, expected) => {
    const members = Array.from({ length: count }, (_, index) => member(index + 1, { answers: false }));
    const alarmed = armed({ members, proven: new Set(proven.map(memberId)) });
    const sizes = members.map(() => [100, 10] as const);
    const { actions, waits } = plan({ sizes, space: repairing() }, alarmed);
    expect([...actions, ...waits][0]?.kind).toBe(expected);
  });

  test.each([
    ['is terminated', 'terminated', 'defragment'],
    ['is stopped, and may come back', 'stopped', 'makingSpace'],
  ] as const)('without a voter of three whose machine %s', (_name, state, expected) => {
    const members = [1, 2, 3].map((n) => member(n, { answers: false }));
    const alarmed = armed({ members, proven: new Set([memberId(1), memberId(2)]) });
    const instances = [1, 2].map((n) => instance(n));
    const machines = new Map([
      ...[1, 2].map((n) => [id(n), machine(n)] as const),
      [id(3), machine(3, { state })],
    ]);
    const world = worldOf({ sizes: HOLLOW, space: repairing(), instances, machines });
    const { actions, waits } = planSpace(world, alarmed);
    expect([...actions, ...waits][0]?.kind).toBe(expected);
  });

  test('is not counted while it only waits for voters', () => {
    const { actions, waits } = plan({ sizes: FULL }, armed({ proven: new Set([memberId(1), memberId(2)]) }));
    expect(actions).toEqual([]);
    expect(waits).toMatchObject([{ kind: 'makingSpace', next: 'members' }]);
  });

  test.each([
    ['freeing', true],
    ['permit', true],
    ['change', true],
    ['members', false],
    ['reboot', false],
  ] as const)('that waits for %s is followed closely: %j', (next, isFollowed) => {
    expect(isProgressing({ kind: 'makingSpace', next, repairCount: 1 })).toBe(isFollowed);
  });

  test('a learner that is as large is defragmented first of all', () => {
    const members = [1, 2, 3].map((n) => member(n, { answers: false }));
    const alarmed = armed({ members: [...members, learner(4, { answers: false })] });
    const world = worldOf({ sizes: [...HOLLOW], space: repairing() });
    const statuses = new Map([...world.etcd.statuses, [id(4), status(4, 100, 10, { isLearner: true })]]);
    const scene = { ...world, etcd: { ...world.etcd, statuses } };
    expect(first(planSpace(scene, alarmed))).toMatchObject({ kind: 'defragment', memberId: memberId(4) });
  });
});

describe('while an alarm stands', () => {
  const scene = { sizes: HOLLOW, space: repairing() };

  test.each([
    ['a change of members is in flight', { agreed: false }, 'change'],
    ['a permit is held', { permit: { sinceMs: NOW_MS - 10_000 } }, 'permit'],
    ['a permit is held, and nobody knows since when', { permit: { sinceMs: null } }, 'permit'],
    [
      'a member reboots',
      { rebooting: { holders: [{ instanceId: id(2), since: '2026-01-01T00:00:00Z' }], ours: true } },
      'reboot',
    ],
  ])('nothing is done where %s', (_name, over, next) => {
    const { actions, waits } = planAlarmed(worldOf(scene), armed(over));
    expect(actions).toEqual([]);
    expect(waits).toContainEqual(expect.objectContaining({ kind: 'makingSpace', next }));
  });

  test('a permit that is older than any function lives is nobody’s', () => {
    const { actions } = planAlarmed(worldOf(scene), armed({ permit: { sinceMs: NOW_MS - 301_000 } }));
    expect(actions[0]?.kind).toBe('defragment');
  });

  test('of a kind that nobody knows, nothing is done but to tell', () => {
    const alarms = [{ memberId: memberId(2), alarm: 'ELSE' }];
    const { actions, waits } = planAlarmed(worldOf(scene), armed({ alarms }));
    expect(actions).toEqual([]);
    expect(waits).toMatchObject([{ kind: 'alarmRaised' }]);
  });
});
