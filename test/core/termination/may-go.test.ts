import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../functions/core/config.ts';
import { quorumOf } from '../../../functions/core/quorum.ts';
import { HOLD_ADVICE, hold } from '../../../functions/core/termination/holds.ts';
import { judgeGoing } from '../../../functions/core/termination/may-go.ts';
import { type Candidate, candidatesInOrder } from '../../../functions/core/termination/order.ts';
import { type ClusterSight, requireOf } from '../../../functions/core/tolerance.ts';
import { configText, groupOf, idOf, instance, NOW, requestOf } from './worlds.ts';

const parsed = parseConfig(configText());
if (!parsed.ok) throw new Error('the settings are not readable');
const REQUIRE = requireOf(parsed.config);

const STATES = ['well', 'silent', 'behind'] as const;
const LETTERS = 'abcde';

/** Every cluster of up to five voters led by one that is well, and each of them as the one to go. */
function* everyCase(): Generator<{ readonly states: readonly string[]; readonly sight: ClusterSight }> {
  for (let size = 1; size <= LETTERS.length; size += 1) {
    for (let number = 0; number < STATES.length ** size; number += 1) {
      const states = Array.from(
        { length: size },
        (_, n) => STATES[Math.floor(number / 3 ** n) % 3] ?? 'well',
      );
      const leader = states.indexOf('well');
      yield { states, sight: sightOf(states, leader < 0 ? null : idOf(LETTERS[leader] ?? '')) };
    }
  }
}

const sightOf = (states: readonly string[], leader: string | null): ClusterSight => ({
  desired: states.length,
  single: 'allow',
  leader,
  voters: states.map((state, n) => ({
    name: idOf(LETTERS[n] ?? ''),
    id: String(n),
    answers: state !== 'silent',
    lag: state === 'well' ? 0 : state === 'behind' ? 5_000 : null,
    version: null,
  })),
  learners: [],
  alarms: [],
  obstacles: [],
  steadySinceMs: states.every((state) => state === 'well') ? NOW - 60_000 : null,
  snapshotAtMs: null,
});

function candidatesOf(sight: ClusterSight): readonly Candidate[] {
  const letters = LETTERS.slice(0, sight.voters.length);
  const group = groupOf([...letters].map((letter) => instance(letter)));
  return candidatesInOrder(requestOf(letters), group, sight, REQUIRE.maxLag);
}

describe('in every cluster of up to five voters', () => {
  const seen = { goes: 0, stays: 0, failed: 0 };

  test('whoever may go leaves a majority of all voters that answers and keeps up, and none of it in trouble', () => {
    for (const { states, sight } of everyCase()) {
      for (const one of candidatesOf(sight)) {
        const mayGo = judgeGoing(one, sight, REQUIRE, NOW).length === 0;
        seen[mayGo ? 'goes' : 'stays'] += 1;
        if (!mayGo) continue;
        const others = states.filter((_, n) => idOf(LETTERS[n] ?? '') !== one.instanceId);
        const words = `${states.join()} without ${one.instanceId}`;
        expect(
          others.every((state) => state === 'well'),
          words,
        ).toBe(true);
        if (states.length > 1) expect(others.length, words).toBeGreaterThanOrEqual(quorumOf(states.length));
        if (one.isFailing) seen.failed += 1;
      }
    }
    expect(seen).toMatchObject({ goes: expect.any(Number), failed: expect.any(Number) });
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
  });

  test('one that is the only trouble may go from three on, so that nothing waits for ever', () => {
    for (const { states, sight } of everyCase()) {
      const failing = candidatesOf(sight).filter(({ isFailing }) => isFailing);
      const [only] = failing;
      if (failing.length !== 1 || only === undefined || states.length < 3) continue;
      expect(judgeGoing(only, sight, REQUIRE, NOW), states.join()).toEqual([]);
    }
  });

  test('the order has the leader last, and who fails first', () => {
    for (const { sight } of everyCase()) {
      const roles = candidatesOf(sight).map(({ role }) => role);
      if (sight.leader !== null) expect(roles.indexOf('leader')).toBe(roles.length - 1);
      const fails = candidatesOf(sight).map(({ isFailing }) => isFailing);
      expect(fails.lastIndexOf(true)).toBeLessThan(fails.indexOf(false) < 0 ? 9 : fails.indexOf(false));
    }
  });
});

test('every reason of its own says what was found and what to do', () => {
  for (const code of Object.keys(HOLD_ADVICE) as (keyof typeof HOLD_ADVICE)[]) {
    expect(hold(code, 'X')).toEqual({ code, subject: 'X', text: expect.stringMatching(/.{10,}/) });
    expect(HOLD_ADVICE[code]).toMatch(/.{10,}/);
  }
});
