import { beforeEach, describe, expect, test } from 'vitest';
import { Coalescer } from '../../functions/edge/coalesce.ts';

let nowMs = 0;
const clock = {
  nowMs: () => nowMs,
  sleep: async (ms: number) => {
    nowMs += ms;
  },
};
let coalescer = new Coalescer(clock);

beforeEach(() => {
  nowMs = 1_000_000;
  coalescer = new Coalescer(clock);
});

const passOf = (durationMs: number, clusters: readonly string[] | null = ['core']): number => {
  const startedAtMs = nowMs;
  nowMs += durationMs;
  coalescer.note('Z1', startedAtMs, clusters);
  return startedAtMs;
};

describe('a message is answered by a pass', () => {
  test('that began more than a second after it was sent', () => {
    const startedAtMs = passOf(100);
    expect(coalescer.isAnswered('Z1', startedAtMs - 1_001, null)).toBe(true);
    expect(coalescer.isAnswered('Z1', startedAtMs - 1_000, null)).toBe(false);
    expect(coalescer.isAnswered('Z1', startedAtMs + 50, null)).toBe(false);
  });

  test('never, where nobody knows when it was sent, or nothing was looked at yet', () => {
    expect(coalescer.isAnswered('Z1', 0, null)).toBe(false);
    passOf(100);
    expect(coalescer.isAnswered('Z1', null, null)).toBe(false);
  });

  test('of its own group only', () => {
    passOf(100);
    expect(coalescer.isAnswered('Z2', 0, null)).toBe(false);
  });

  test('that looked at the cluster which it names', () => {
    passOf(100, ['core']);
    expect(coalescer.isAnswered('Z1', 0, 'core')).toBe(true);
    expect(coalescer.isAnswered('Z1', 0, 'other')).toBe(false);
  });

  test('that saw everything: one that failed answers none, and takes nothing from the one before', () => {
    const startedAtMs = passOf(100);
    nowMs += 10_000;
    passOf(100, null);
    expect(coalescer.isAnswered('Z1', startedAtMs - 2_000, null)).toBe(true);
    expect(coalescer.isAnswered('Z1', startedAtMs + 5_000, null)).toBe(false);
  });
});

describe('between two passes of a group lies a rest', () => {
  test.each([
    [10, 1_000],
    [1_000, 5_000],
    [30_000, 20_000],
  ])('after a pass of %i ms: %i ms', async (durationMs, restMs) => {
    passOf(durationMs);
    const endedAtMs = nowMs;
    await coalescer.rest('Z1', 60_000);
    expect(nowMs - endedAtMs).toBe(restMs);
  });

  test('of which the time since then is a part', async () => {
    passOf(1_000);
    nowMs += 4_000;
    const atMs = nowMs;
    await coalescer.rest('Z1', 60_000);
    expect(nowMs - atMs).toBe(1_000);
    await coalescer.rest('Z1', 60_000);
    expect(nowMs - atMs).toBe(1_000);
  });

  test('after one that failed too', async () => {
    passOf(1_000, null);
    const atMs = nowMs;
    await coalescer.rest('Z1', 60_000);
    expect(nowMs - atMs).toBe(5_000);
  });

  test('no longer than there is time, and none before the first', async () => {
    await coalescer.rest('Z1', 60_000);
    expect(nowMs).toBe(1_000_000);
    passOf(2_000);
    const atMs = nowMs;
    await coalescer.rest('Z1', 300);
    expect(nowMs - atMs).toBe(300);
    await coalescer.rest('Z1', -5);
    expect(nowMs - atMs).toBe(300);
  });
});

test('what a pass only waited for is no reason to rest', async () => {
  const startedAtMs = nowMs;
  nowMs += 15_100;
  coalescer.note('Z1', startedAtMs, ['core'], 15_000);
  const endedAtMs = nowMs;
  await coalescer.rest('Z1', 60_000);
  expect(nowMs - endedAtMs).toBe(1_000);
});
