import { expect, test } from 'vitest';
import { isFollowed } from '../../../functions/core/plan/following.ts';
import { act, merge, nothing, wait } from '../../../functions/core/plan/plan.ts';
import { instance, NOW_MS, observation, terminating } from '../../support/observations.ts';
import { ACTIONS, WAITS } from '../../support/samples.ts';

const AWAY = wait(WAITS.quorumUnknown);
/** One instance has waited in its terminate hook for so long. */
const waiting = (ageMs: number) =>
  observation({ instances: [instance(1), terminating(2, { hookSinceMs: NOW_MS - ageMs })] });

test('a lost quorum is followed while somebody has waited in a hook for less than half a minute', () => {
  expect(isFollowed(AWAY, waiting(29_999))).toBe(true);
  expect(isFollowed(AWAY, waiting(30_000))).toBe(false);
});

test('it is not where nobody waits in a hook, where nobody knows since when, or where nothing could be read', () => {
  expect(isFollowed(AWAY, observation({ instances: [instance(1), instance(2)] }))).toBe(false);
  const ageless = observation({ instances: [terminating(2, { hookSinceMs: null })] });
  expect(isFollowed(AWAY, ageless)).toBe(false);
  expect(isFollowed(AWAY, null)).toBe(false);
});

test('what is frozen is not followed, and a hook alone is nothing to follow', () => {
  expect(isFollowed(merge(AWAY, wait(WAITS.frozen)), waiting(1_000))).toBe(false);
  expect(isFollowed(nothing, waiting(1_000))).toBe(false);
  expect(isFollowed(act(ACTIONS.publishStatus), waiting(1_000))).toBe(false);
});

test('what ends by itself soon is followed whoever waits', () => {
  expect(isFollowed(wait(WAITS.learnerCatchingUp), null)).toBe(true);
});
