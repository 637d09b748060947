import { expect, test } from 'vitest';
import { scaleOf } from '../../../infra/demo/chart-rows.ts';
import type { Write } from '../../../infra/demo/recording.ts';
import { columnsOf, figuresOf, gapsOf, percentileOf } from '../../../infra/demo/writes.ts';
import { FIXED } from './fixed-recording.ts';

test('a gap is the time between two acknowledgements, whatever failed in it', () => {
  expect(gapsOf(FIXED.writes)).toEqual([{ fromMs: 5_983, toMs: 7_003 }]);
});

test('what is no longer than the writer itself takes is no gap', () => {
  expect(gapsOf(FIXED.writes.filter(([atMs]) => atMs < 6_000))).toEqual([]);
});

test('no write is averaged away: each column keeps the least, the median and the most', () => {
  const writes: readonly Write[] = [
    [0, 2, 1],
    [10, 90, 1],
    [20, 3, 1],
    [30, 250, 0],
    [100, 5, 1],
  ];
  expect(columnsOf(writes, { fromMs: 0, toMs: 200 }, 2, (ms) => ms / 200)).toEqual([
    { index: 0, leastMs: 2, medianMs: 3, mostMs: 90, failedCount: 1 },
    { index: 1, leastMs: 5, medianMs: 5, mostMs: 5, failedCount: 0 },
  ]);
});

test('writes outside of what is shown are in no column', () => {
  expect(
    columnsOf(
      [
        [0, 1, 1],
        [99, 1, 1],
      ],
      { fromMs: 10, toMs: 50 },
      4,
      () => 0,
    ),
  ).toEqual([]);
});

test('the figures count what was acknowledged and what was not', () => {
  const { acked, failed, longestGapMs, medianMs } = figuresOf(FIXED.writes);
  expect({ acked, failed, longestGapMs, medianMs }).toEqual({
    acked: 300,
    failed: 50,
    longestGapMs: 1_020,
    medianMs: 3,
  });
  expect(figuresOf([])).toEqual({ acked: 0, failed: 0, medianMs: 0, p99Ms: 0, longestGapMs: 0 });
});

test('a percentile is one of the values, the greatest at most', () => {
  const values = Array.from({ length: 100 }, (_, index) => index);
  expect([0, 0.5, 0.99, 1].map((share) => percentileOf(values, share))).toEqual([0, 50, 99, 99]);
});

test('the scale is logarithmic from one millisecond to ten seconds, and ends there', () => {
  expect([0, 1, 10, 100, 1_000, 10_000, 60_000].map(scaleOf)).toEqual([1, 1, 0.75, 0.5, 0.25, 0, 0]);
});
