import { expect, test } from 'vitest';
import { firstAckMs, longestGapMs } from '../../../infra/bench/load.ts';
import type { Write } from '../../../infra/demo/recording.ts';

const ack = (atMs: number): Write => [atMs - 2, 2, 1];
const failed = (atMs: number): Write => [atMs - 2, 2, 0];

test('a gap is the time between two acknowledgements; what failed in between does not end it', () => {
  const writes = [ack(0), ack(20), failed(100), failed(200), ack(320), ack(340)];
  expect(longestGapMs(writes, 0, 1_000)).toBe(300);
});

test('a gap belongs to the run in which it ends, with all of its length', () => {
  const writes = [ack(0), ack(400), ack(420)];
  expect(longestGapMs(writes, 300, 1_000)).toBe(400);
  expect(longestGapMs(writes, 410, 1_000)).toBe(20);
  expect(longestGapMs(writes, 0, 399)).toBeNull();
});

test('with fewer than two acknowledgements there is no gap', () => {
  expect(longestGapMs([ack(5), failed(9)], 0, 100)).toBeNull();
});

test('the first write after a time is the first that was acknowledged after it, whenever it was sent', () => {
  const writes: readonly Write[] = [ack(10), failed(60), [40, 80, 1], ack(200)];
  expect(firstAckMs(writes, 50)).toBe(120);
  expect(firstAckMs(writes, 300)).toBeNull();
});
