import { describe, expect, test } from 'vitest';
import type { MemberView } from '../../../functions/core/observation.ts';
import { planMaintenance } from '../../../functions/core/plan/maintenance.ts';
import { isAdvice, nothing, type Plan } from '../../../functions/core/plan/plan.ts';
import { first, MAINTENANCE, MB, repairing, type Scene, worldOf } from '../../support/databases.ts';
import { CLUSTER_ID, id, member, memberId, NOW_MS, type Parts, view } from '../../support/observations.ts';

describe('S61 databases that are larger than they need be', () => {
  const routine = (sizes: Scene['sizes'], parts: Parts = {}): Plan => {
    const world = worldOf({ sizes, ...parts, view: parts.view ?? view([1, 2, 3].map((n) => member(n))) });
    return planMaintenance(world, world.etcd.view as MemberView, nothing);
  };
  const done = { [memberId(2)]: NOW_MS - 1_000, [memberId(3)]: NOW_MS - 1_000 };
  const withMemory = (defragmentedAtMs: Readonly<Record<string, number>>) => {
    const seen = view([1, 2, 3].map((n) => member(n)));
    return view(seen.members, { memory: { ...seen.memory, defragmentedAtMs } });
  };
  const LARGE = { config: { maintenance: { ...MAINTENANCE, quotaBytes: 10_000 * MB } } };

  test.each([
    ['half of it is holes', [200, 99], true],
    ['less than half of it is', [200, 101], false],
    ['it is small', [99, 10], false],
  ])('are remembered, then defragmented, where %s', (_name, size, isDue) => {
    const sizes = [[10, 10], size as [number, number], [10, 10]] as const;
    expect(first(routine(sizes, LARGE))?.kind).toBe(isDue ? 'remember' : undefined);
    if (isDue)
      expect(first(routine(sizes, { ...LARGE, view: withMemory(done) }))).toMatchObject({
        kind: 'defragment',
        memberId: memberId(2),
        because: 'fragmented',
      });
  });

  test('near the quota are, however little of them is holes', () => {
    const sizes = [
      [10, 10],
      [85, 70],
      [10, 10],
    ] as const;
    expect(first(routine(sizes, { view: withMemory(done) }))).toMatchObject({ because: 'quotaNear' });
  });

  test('wait a day after they were', () => {
    const sizes = [
      [10, 10],
      [200, 10],
      [10, 10],
    ] as const;
    const seen = withMemory({ [memberId(2)]: NOW_MS - 700_000 });
    expect(routine(sizes, { ...LARGE, view: seen })).toEqual(nothing);
  });

  test('wait for every other change', () => {
    const world = worldOf({
      sizes: [
        [200, 10],
        [200, 10],
        [200, 10],
      ],
      ...LARGE,
      view: withMemory(done),
    });
    const changes = { actions: [{ kind: 'addLearner', instanceId: id(4), peerUrl: '' } as const], waits: [] };
    expect(planMaintenance(world, world.etcd.view as MemberView, changes)).toEqual(nothing);
  });

  test('that hold nearly the whole quota forget what is older than ten minutes, once in as long', () => {
    const past = {
      at: new Date(NOW_MS).toISOString(),
      clusterId: CLUSTER_ID,
      revision: '500',
      raftTerm: '2',
      raftIndex: '1',
      voters: [],
      samples: [{ at: new Date(NOW_MS - 600_000).toISOString(), revision: '77', term: null }],
      counters: {},
    };
    const sizes = [
      [85, 85],
      [10, 10],
      [10, 10],
    ] as const;
    const [compact] = routine(sizes, { databases: { past } }).actions;
    expect(compact).toMatchObject({ kind: 'compact', revision: '77', because: 'quotaNear' });
    const seen = view([1, 2, 3].map((n) => member(n)));
    const memory = { ...seen.memory, compactedAtMs: NOW_MS - 599_000 };
    expect(routine(sizes, { databases: { past }, view: view(seen.members, { memory }) })).toEqual(nothing);
    expect(routine(sizes)).toEqual(nothing);
  });

  test.each([
    [['toleratesTooFew'], true],
    [['voterSilent', 'toleratesTooFew'], false],
    [['unstable'], false],
  ] as const)(
    'are only advised about where the group wants too few to ever do it: %j: %j',
    (shortfalls, isWord) => {
      const about = { memberId: memberId(1), instanceId: id(1) };
      expect(isAdvice({ kind: 'defragmentationDue', ...about, shortfalls })).toBe(isWord);
    },
  );

  test('a repair that a crash left open is closed when the alarm is gone', () => {
    const record = { repairsAtMs: [NOW_MS], repair: null };
    const parts = { records: { space: repairing() } };
    expect(
      routine(
        [
          [10, 10],
          [10, 10],
          [10, 10],
        ],
        parts,
      ).actions,
    ).toEqual([{ kind: 'noteSpace', record }]);
  });
});
