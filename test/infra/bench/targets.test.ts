import { describe, expect, test } from 'vitest';
import type { Run } from '../../../infra/bench/result.ts';
import { type Target, targetsOf } from '../../../infra/bench/targets.ts';
import { run } from './samples.ts';

function targets(name: string, ...runs: readonly Partial<Run>[]): readonly Target[] {
  return targetsOf([{ name, about: '', size: 3, runs: runs.map(run) }]);
}

const isMet = (name: string, ...runs: readonly Partial<Run>[]): readonly boolean[] =>
  targets(name, ...runs).map((target) => target.isMet);

describe('the leader leaves through its hook', () => {
  test('at most 1.5 s beyond floor and platform, in the worst repetition', () => {
    expect(isMet('leader-hooked', { oursMs: 100 }, { oursMs: 1_500 })[0]).toBe(true);
    expect(isMet('leader-hooked', { oursMs: 100 }, { oursMs: 1_501 })[0]).toBe(false);
  });

  test('with a gap of at most 150 ms in the median: one longer gap of three is allowed', () => {
    expect(isMet('leader-hooked', { gapMs: 40 }, { gapMs: 900 }, { gapMs: 150 })[1]).toBe(true);
    expect(isMet('leader-hooked', { gapMs: 40 }, { gapMs: 900 }, { gapMs: 151 })[1]).toBe(false);
  });
});

test.each(['follower-lost', 'leader-lost'])('%s: made good at most 3 s after it could be known', (story) => {
  expect(isMet(story, { afterKnowableMs: 3_000 })).toEqual([true]);
  expect(isMet(story, { afterKnowableMs: 3_000 }, { afterKnowableMs: 3_001 })).toEqual([false]);
});

test('a second of three terminated 1 s later may not cost quorum for a moment', () => {
  expect(isMet('second-1s', {}, {})).toEqual([true]);
  expect(isMet('second-1s', {}, { quorumLostMs: 50 })).toEqual([false]);
});

test('when two of three come back, writes are taken at most 5 s after the second starts', () => {
  expect(isMet('all-killed', { writableMs: 5_000 })).toEqual([true]);
  expect(isMet('all-killed', { writableMs: 5_001 })).toEqual([false]);
});

test('a repetition that broke off, or did not get so far, breaks every promise of its story', () => {
  expect(isMet('all-killed', { writableMs: null })).toEqual([false]);
  expect(isMet('second-1s', { error: 'it did not converge' })).toEqual([false]);
  expect(isMet('leader-hooked', { oursMs: null, gapMs: null })).toEqual([false, false]);
});

test('of a story that was not told nothing is said', () => {
  expect(targetsOf([])).toEqual([]);
  expect(targets('leader-hooked')).toEqual([]);
  expect(targets('ghost', {})).toEqual([]);
});
