import { expect, test } from 'vitest';
import { judge, limitsText, type Outcome } from '../../../infra/demo/judge.ts';
import type { Strength } from '../../../infra/demo/lanes.ts';
import type { Limits } from '../../../infra/demo/recording.ts';

const fine: Outcome = {
  fromMs: 0,
  wholeMs: 5_000,
  toMs: 7_000,
  ackedWrites: 300,
  lostWrites: 0,
  longestGapMs: 40,
};
const limits: Limits = { gapMsMax: 1_000, keepsQuorum: true, votersMin: 3 };
const strength = (fromMs: number, toMs: number, voters: number, answering: number): Strength => ({
  fromMs,
  toMs,
  voters,
  answering,
  quorum: Math.floor(voters / 2) + 1,
});
const whole = [strength(0, 7_000, 3, 3)];

test('a step that converges within its limits and loses nothing passes', () => {
  expect(judge(fine, limits, whole)).toEqual([]);
  expect(judge({ ...fine, longestGapMs: 1_000 }, limits, whole)).toEqual([]);
});

const failures: readonly (readonly [string, Partial<Outcome>, readonly Strength[], RegExp])[] = [
  ['does not converge', { wholeMs: null }, whole, /did not converge within 7 s/],
  ['loses a write', { lostWrites: 2 }, whole, /2 acknowledged writes are lost/],
  ['acknowledges nothing', { ackedWrites: 0 }, whole, /no write was acknowledged/],
  ['has too long a gap', { longestGapMs: 1_001 }, whole, /1001 ms passed .* at most 1000 may/],
  ['has no majority', {}, [strength(1_000, 2_000, 3, 1)], /only 1 of 3 voters answered.*quorum of 2/],
  ['has too few voters', {}, [strength(1_000, 2_000, 2, 2)], /only 2 voters for a while, at least 3/],
];

test.each(failures)('a step that %s fails, and says so', (_name, own, strengths, reason) => {
  const problems = judge({ ...fine, ...own }, limits, strengths);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(reason);
});

test('what happened before or after a step is not its fault', () => {
  const others = [strength(-3_000, 0, 2, 0), ...whole, strength(7_000, 9_000, 2, 0)];
  expect(judge(fine, limits, others)).toEqual([]);
});

test('one late answer is no loss of quorum', () => {
  expect(judge(fine, limits, [strength(1_000, 1_600, 3, 1)])).toEqual([]);
});

test('without limits only convergence and loss count', () => {
  const none: Limits = { gapMsMax: null, keepsQuorum: false };
  expect(judge({ ...fine, longestGapMs: 60_000 }, none, [strength(0, 7_000, 2, 0)])).toEqual([]);
});

test('a step without writes is not blamed for having none', () => {
  expect(judge({ ...fine, ackedWrites: 0, longestGapMs: null }, limits, whole, false)).toEqual([]);
});

test('the limits are told in words', () => {
  expect(limitsText(limits)).toMatch(/at most 1 s between .*majority.*never fewer than 3 voters/);
  expect(limitsText({ gapMsMax: null, keepsQuorum: false })).toBe('it converges, nothing is lost');
});
