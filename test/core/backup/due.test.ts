import { expect, test } from 'vitest';
import { isDue } from '../../../functions/core/backup/due.ts';
import { NO_BACKUP } from '../../../functions/core/backup/parameter.ts';

const MINUTE_MS = 60_000;
const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
const at = (minutesAgo: number) => new Date(NOW_MS - minutesAgo * MINUTE_MS).toISOString();
const last = (minutesAgo: number) => ({ key: 'k', at: at(minutesAgo), revision: '1', sizeBytes: 1 });
const failed = (minutesAgo: number) => ({ at: at(minutesAgo), code: 'X', text: 'x' });

test('the first snapshot is due at once', () => {
  expect(isDue(NO_BACKUP, 60, NOW_MS)).toBe(true);
});

test('another is due an interval after the last, and half a minute sooner, so that hours stay hours', () => {
  expect(isDue({ ...NO_BACKUP, last: last(59.4) }, 60, NOW_MS)).toBe(false);
  expect(isDue({ ...NO_BACKUP, last: last(59.5) }, 60, NOW_MS)).toBe(true);
});

test('one that failed is tried again after five minutes, however long the interval is', () => {
  expect(isDue({ ...NO_BACKUP, last: last(1_500), lastFailure: failed(4.9) }, 1_440, NOW_MS)).toBe(false);
  expect(isDue({ ...NO_BACKUP, last: last(1_500), lastFailure: failed(5) }, 1_440, NOW_MS)).toBe(true);
  expect(isDue({ ...NO_BACKUP, last: last(30), lastFailure: failed(20) }, 60, NOW_MS)).toBe(false);
});

test('none is ever due where the schedule takes none', () => {
  expect(isDue(NO_BACKUP, 0, NOW_MS)).toBe(false);
});

test('what lies in the future was written by another clock, and keeps nothing back', () => {
  expect(isDue({ ...NO_BACKUP, last: last(-600), lastFailure: failed(-600) }, 60, NOW_MS)).toBe(true);
});
