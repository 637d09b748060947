import { describe, expect, test } from 'vitest';
import { recentRepairs } from '../../../functions/core/plan/repairs.ts';
import { moveFrom } from '../../../functions/core/plan/transfer.ts';
import { recentDefragmentations, recentlyCorrupt } from '../../../functions/core/plan/worn.ts';
import {
  id,
  instance,
  member,
  memberId,
  NOW_MS,
  observation,
  terminating,
  view,
} from '../../support/observations.ts';

describe('whoever is disturbed next gives leadership away, also while an alarm stands', () => {
  const members = [member(1), member(2, { raftIndex: 900n }), member(3), member(4)];
  const about = { members, proven: new Set([1, 2, 3].map(memberId)), leaderId: memberId(1) };
  const heirOf = (parts = {}, over = {}) =>
    moveFrom(observation(parts), { ...about, ...over }, member(1))?.actions[0];

  test('to the furthest of those that prove themselves', () => {
    const leaderUrl = 'http://10.0.0.1:2379';
    expect(heirOf()).toEqual({ kind: 'moveLeader', from: memberId(1), to: memberId(3), leaderUrl });
  });

  test('not to one that leaves, as long as another stays', () => {
    const instances = [instance(1), instance(2), terminating(3)];
    expect(heirOf({ instances })).toMatchObject({ to: memberId(2) });
  });

  test('not if somebody else leads, nobody can take it, or three transfers failed', () => {
    expect(heirOf({}, { leaderId: memberId(2) })).toBeUndefined();
    expect(heirOf({}, { proven: new Set([memberId(1)]) })).toBeUndefined();
    expect(heirOf({ pass: { failedTransferCount: 3 } })).toBeUndefined();
  });
});

describe('what is remembered of worn members', () => {
  const DAY_MS = 86_400_000;
  const seen = view([member(1), member(2)], {
    memory: {
      ...view([]).memory,
      defragmentedAtMs: { [memberId(1)]: NOW_MS - 1, [memberId(2)]: NOW_MS - DAY_MS, [memberId(9)]: NOW_MS },
      corruptAtMs: { [id(1)]: NOW_MS - 3_599_999, [id(2)]: NOW_MS - 3_600_000, [id(9)]: NOW_MS },
    },
  });

  test('defragmentations of members count for a day', () => {
    expect(recentDefragmentations(seen, NOW_MS)).toEqual({ [memberId(1)]: NOW_MS - 1 });
  });

  test('repairs of full databases count for a day', () => {
    const space = { repairsAtMs: [NOW_MS - DAY_MS, NOW_MS - DAY_MS + 1, NOW_MS], repair: null };
    expect(recentRepairs(observation({ records: { space } }))).toEqual([NOW_MS - DAY_MS + 1, NOW_MS]);
  });

  test('that a member was corrupt counts for an hour, while its machine is listed', () => {
    expect(recentlyCorrupt(observation(), seen)).toEqual({ [id(1)]: NOW_MS - 3_599_999 });
  });
});
