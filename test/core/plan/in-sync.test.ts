import { describe, expect, test } from 'vitest';
import { learnersOf } from '../../../functions/core/observation.ts';
import { isCloseBehind, isInSync } from '../../../functions/core/plan/in-sync.ts';
import { learner, member, silent, view } from '../../support/observations.ts';

describe('being in sync', () => {
  test.each([
    [1_000n, 1_000n, true, true],
    [1_000n, 900n, true, true],
    [1_000n, 899n, false, false],
    [1_000_000n, 999_900n, true, true],
    [1_000_000n, 999_899n, true, false],
    [18_446_744_073_709_551_615n, 18_446_744_073_709_551_515n, true, true],
    [5n, 9n, true, true],
    [14n, 3n, false, false],
  ])('of a leader at %i a learner at %i', (leaderIndex, raftIndex, inSync, close) => {
    const seen = view([member(1, { raftIndex: leaderIndex }), learner(4, { raftIndex })]);
    const [one = member(9)] = learnersOf(seen.members);
    expect(isInSync(seen, one)).toBe(inSync);
    expect(isCloseBehind(seen, one)).toBe(close);
  });

  test('is measured by the furthest voter that answers, whoever leads', () => {
    const voters = [
      member(1, { raftIndex: 500n }),
      member(2),
      member(3, { raftIndex: 9_000n, answers: false }),
    ];
    const seen = view([...voters, learner(4, { raftIndex: 890n })], { leaderId: 'a stranger' });
    expect(isInSync(seen, learner(4, { raftIndex: 890n }))).toBe(false);
    expect(isInSync(seen, learner(4, { raftIndex: 900n }))).toBe(true);
  });

  test('is unknown where nobody’s index is known', () => {
    expect(isInSync(view([silent(1)]), learner(4))).toBe(false);
    expect(isCloseBehind(view([silent(1)]), learner(4))).toBe(false);
  });
});
