import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../functions/core/errors.ts';
import type { Member } from '../../functions/core/observation.ts';
import {
  answeringCount,
  canCommit,
  judgePromotion,
  judgeRemoval,
  mayPromoteSecond,
  quorumOf,
  SECOND_VOTER_LOOKS,
} from '../../functions/core/quorum.ts';
import { everyCluster, learner, member, memberId, silent } from '../support/observations.ts';

/** More than half, and who votes, without any formula of ours. */
const isMajority = (count: number, of: number): boolean => count * 2 > of;
const votersOf = (members: readonly Member[]) => members.filter(({ role }) => role === 'voter');
const answering = (members: readonly Member[]): number =>
  votersOf(members).filter((one) => one.answers).length;

test('a quorum is the least number that is more than half', () => {
  for (let count = 1; count <= 9; count += 1) {
    expect(isMajority(quorumOf(count), count)).toBe(true);
    expect(isMajority(quorumOf(count) - 1, count)).toBe(false);
  }
});

describe('in every cluster of up to seven voters', () => {
  test('a removal is safe exactly when today’s voters commit it and the survivors the next write', () => {
    let safeCount = 0;
    for (const members of everyCluster(7)) {
      for (const leaving of votersOf(members)) {
        const survivors = votersOf(members).filter((voter) => voter !== leaving);
        const isSafe =
          isMajority(answering(members), votersOf(members).length) &&
          survivors.length > 0 &&
          isMajority(answering(survivors), survivors.length);
        expect(judgeRemoval(members, leaving.id).safe, JSON.stringify(members, show)).toBe(isSafe);
        safeCount += Number(isSafe);
      }
    }
    expect(safeCount).toBeGreaterThan(100);
  });

  test('a promotion is safe exactly when the voters of today are a majority without the new one', () => {
    let safeCount = 0;
    for (const members of everyCluster(7)) {
      const voters = votersOf(members);
      const isSafe =
        isMajority(answering(members), voters.length) && isMajority(answering(members), voters.length + 1);
      expect(judgePromotion(members).safe, JSON.stringify(members, show)).toBe(isSafe);
      safeCount += Number(isSafe);
    }
    expect(safeCount).toBeGreaterThan(50);
  });

  test('commits need a majority that answers, and a learner is none of it', () => {
    for (const members of everyCluster(7)) {
      expect(canCommit(members)).toBe(isMajority(answering(members), votersOf(members).length));
    }
  });

  test('one more silent voter never makes a removal or a promotion safe', () => {
    for (const members of everyCluster(7)) {
      for (const [index, loud] of members.entries()) {
        if (!loud.answers || loud.role === 'learner') continue;
        const quieter = members.with(index, silent(index + 1));
        if (!judgePromotion(members).safe) expect(judgePromotion(quieter).safe).toBe(false);
        if (!canCommit(members)) expect(canCommit(quieter)).toBe(false);
        for (const { id } of votersOf(members)) {
          if (!judgeRemoval(members, id).safe) expect(judgeRemoval(quieter, id).safe).toBe(false);
        }
      }
    }
  });
});

test('the verdict carries its evidence', () => {
  expect(judgeRemoval([member(1), member(2), silent(3), learner(4)], memberId(1))).toEqual({
    safe: false,
    voterCount: 3,
    answeringCount: 2,
    afterCount: 2,
    answeringAfterCount: 1,
    quorumAfterCount: 2,
  });
});

test('the last voter is never removed safely', () => {
  expect(judgeRemoval([member(1)], memberId(1)).safe).toBe(false);
});

test.each([
  ['a learner', learner(4)],
  ['nobody', member(9)],
])('judging the removal of %s is a mistake of ours', (_who, whom) => {
  expect(() => judgeRemoval([member(1), learner(4)], whom.id)).toThrow(InvariantError);
});

describe('the second voter', () => {
  test('is never safe by the rule for all others', () => {
    expect(judgePromotion([member(1), learner(2)]).safe).toBe(false);
  });

  test.each([
    [[member(1), learner(2)], SECOND_VOTER_LOOKS, true],
    [[member(1), learner(2)], SECOND_VOTER_LOOKS - 1, false],
    [[silent(1), learner(2)], 9, false],
    [[member(1), member(2), learner(3)], 9, false],
  ])('may vote after three looks in sync, while the only one answers', (members, looks, may) => {
    expect(mayPromoteSecond(members, looks)).toBe(may);
  });
});

test('an order of members changes no verdict', () => {
  const members = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(members, fc.nat(127), (order, mask) => {
      const made = order.map((n) => ((mask >> (n - 1)) % 2 === 1 ? member(n) : silent(n)));
      const sorted = [...made].sort((a, b) => a.id.localeCompare(b.id));
      expect(judgePromotion(made)).toEqual(judgePromotion(sorted));
      expect(answeringCount(made)).toBe(answeringCount(sorted));
    }),
  );
});

/** Raft indexes are bigints, which JSON does not know. */
const show = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
