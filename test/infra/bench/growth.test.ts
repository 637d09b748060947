import { expect, test } from 'vitest';
import { growthOf } from '../../../infra/bench/growth.ts';
import { growthText } from '../../../infra/bench/growth-part.ts';

test('an idle pass costs as many calls to AWS for seven members as for one, and for many clusters as for one', async () => {
  const { members, clusters } = await growthOf([1, 2, 7], [1, 5], 3);
  expect(members.map((row) => [row.members, row.clusters, row.awsCalls])).toEqual([
    [1, 1, 4],
    [2, 1, 4],
    [7, 1, 4],
  ]);
  expect(clusters.map((row) => [row.clusters, row.awsCalls])).toEqual([
    [1, 4],
    [5, 4],
  ]);
  expect(members.every(({ passMs, foundingLooks }) => passMs > 0 && foundingLooks > 3)).toBe(true);
  expect(growthText(clusters)).toContain('3 members');
});
