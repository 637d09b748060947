import { describe, expect, test } from 'vitest';
import type { Sight } from '../../../functions/core/checks/sight.ts';
import { planCompaction, revisionOf } from '../../../functions/core/plan/compaction.ts';
import { measure } from '../../../functions/core/plan/space.ts';
import type { SpaceRepair } from '../../../functions/core/space.ts';
import { armed, FULL, first, HOLLOW, MB, plan, QUOTA, repairing, worldOf } from '../../support/databases.ts';
import { CLUSTER_ID, NOW_MS } from '../../support/observations.ts';

describe('what is forgotten to make room', () => {
  const sample = (secondsAgo: number, revision: string) => ({
    at: new Date(NOW_MS - secondsAgo * 1_000).toISOString(),
    revision,
    term: null,
  });
  const past: Sight = {
    at: new Date(NOW_MS - 30_000).toISOString(),
    clusterId: CLUSTER_ID,
    revision: '490',
    raftTerm: '2',
    raftIndex: '1000',
    voters: [],
    samples: [
      sample(600, '100'),
      sample(310, '200'),
      sample(290, '300'),
      sample(70, '400'),
      sample(30, '490'),
    ],
    counters: {},
  };
  const compacted = {
    level: 'minutes',
    isSure: true,
    revision: '200',
    atMs: NOW_MS - 5_000,
    inUseBytes: QUOTA,
  } as const;

  test.each([
    ['first what is older than five minutes', null, 'minutes', '200'],
    ['the same once more, to be sure', { ...compacted, isSure: false }, 'minutes', '200'],
    ['then what is older than one', compacted, 'minute', '400'],
    ['then all', { ...compacted, level: 'minute' as const }, 'all', '500'],
  ])('%s', (_name, before, level, revision) => {
    const next = first(plan({ sizes: FULL, past, space: repairing({ compacted: before }) }));
    expect(next).toMatchObject({ kind: 'compact', revision, record: { repair: { compacted: { level } } } });
  });

  test('where nobody knows how far the cluster was, all at once', () => {
    expect(first(plan({ sizes: FULL, space: repairing() }))).toMatchObject({
      kind: 'compact',
      revision: '500',
    });
    const other = { ...past, clusterId: '88' };
    expect(first(plan({ sizes: FULL, past: other, space: repairing() }))).toMatchObject({ revision: '500' });
  });

  test('is waited for while members hold less and less, and for a moment after', () => {
    const falling = repairing({ compacted: { ...compacted, inUseBytes: 2 * QUOTA } });
    expect(first(plan({ sizes: FULL, past, space: falling }))?.kind).toBe('noteSpace');
    const young = repairing({ compacted: { ...compacted, atMs: NOW_MS - 500 } });
    expect(plan({ sizes: FULL, past, space: young })).toMatchObject({
      actions: [],
      waits: [{ kind: 'makingSpace', next: 'freeing' }],
    });
  });

  test('is let go of before anybody is defragmented', () => {
    const hollow = { sizes: HOLLOW, past };
    const falling = repairing({ compacted: { ...compacted, inUseBytes: QUOTA } });
    expect(first(plan({ ...hollow, space: falling }))?.kind).toBe('noteSpace');
    const young = repairing({ compacted: { ...compacted, inUseBytes: 10 * MB, atMs: NOW_MS - 500 } });
    expect(plan({ ...hollow, space: young }).waits).toMatchObject([{ next: 'freeing' }]);
    const done = repairing({ compacted: { ...compacted, inUseBytes: 10 * MB } });
    expect(first(plan({ ...hollow, space: done }))?.kind).toBe('defragment');
  });

  test('is not more than all: then files are made as small as they get, or a person is told', () => {
    const space = repairing({ compacted: { ...compacted, level: 'all' } });
    expect(plan({ sizes: FULL, past, space })).toMatchObject({
      actions: [],
      waits: [{ kind: 'quotaReached', because: 'noRoom', inUseBytes: QUOTA, limitBytes: QUOTA }],
    });
    const held = repairing({ compacted: { ...compacted, level: 'all', inUseBytes: 90 * MB } });
    const tight = [
      [100, 90],
      [90, 90],
      [90, 90],
    ] as const;
    expect(first(plan({ sizes: tight, past, space: held }))).toMatchObject({ kind: 'moveLeader' });
    expect(
      first(
        plan({
          sizes: [
            [90, 90],
            [90, 90],
            [90, 90],
          ],
          past,
          space: held,
        }),
      )?.kind,
    ).toBe('disarm');
    const world = worldOf({ sizes: FULL, past, space });
    const voters = measure(world, armed());
    expect(planCompaction(world, armed(), space.repair as SpaceRepair, voters)).toBeNull();
  });

  test.each([
    [300_000, '200'],
    [60_000, '400'],
    [0, '490'],
    [700_000, null],
  ])('%d ms ago the cluster was at revision %j', (ageMs, revision) => {
    expect(revisionOf(worldOf({ sizes: FULL, past }), CLUSTER_ID, ageMs)).toBe(revision);
  });
});
