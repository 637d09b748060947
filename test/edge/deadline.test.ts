import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { within } from '../../functions/edge/deadline.ts';
import { uniqueToken } from '../../functions/edge/unique-token.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('work that is done in time is what counts, and no timer is left behind', async () => {
  expect(await within(1_000, Promise.resolve('work'), () => 'late')).toBe('work');
  expect(vi.getTimerCount()).toBe(0);
});

test('work that hangs is given up at its deadline', async () => {
  const outcome = within(1_000, new Promise<string>(() => {}), () => 'late');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await outcome).toBe('late');
});

test('work that fails, fails, and no timer is left behind', async () => {
  await expect(within(1_000, Promise.reject(new Error('no')), () => 'late')).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});

test('a token is 128 bits as text that is safe in a ticket', () => {
  const tokens = new Set(Array.from({ length: 100 }, uniqueToken));
  expect(tokens.size).toBe(100);
  for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{32}$/);
});
