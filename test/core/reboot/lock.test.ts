import { expect, test } from 'vitest';
import {
  decodeRebootLock,
  encodeRebootLock,
  FREE_LOCK,
  isHeldBy,
  isOverdue,
  isRebooting,
  REBOOT_OVERDUE_MS,
  withHolder,
  withoutHolders,
} from '../../../functions/core/reboot/lock.ts';
import { id } from '../../support/observations.ts';

const SINCE = '2026-01-01T00:00:00.000Z';
const one = { instanceId: id(1), since: SINCE };
const two = { instanceId: id(2), since: '2026-01-01T00:01:00.000Z' };
const text = `{"version":1,"holders":[{"instanceId":"${id(1)}","since":"${SINCE}"}]}`;

test('a lock reads as it was written, and one that nobody holds is no key', () => {
  const held = withHolder(FREE_LOCK, one);
  expect(encodeRebootLock(held)).toBe(text);
  expect(decodeRebootLock(text)).toEqual(held);
  expect(encodeRebootLock(FREE_LOCK)).toBeNull();
  expect(decodeRebootLock(null)).toEqual(FREE_LOCK);
});

test.each([
  ['no JSON', 'nobody'],
  ['an empty text', ''],
  ['a newer version', text.replace('"version":1', '"version":2')],
  ['no version', text.replace('"version":1,', '')],
  ['no holders', '{"version":1}'],
  ['a holder that is no instance', text.replace(id(1), 'web-1')],
  ['a holder without a time', text.replace(SINCE, 'long ago')],
  ['a field of another version', text.replace('"version":1', '"version":1,"max":2')],
  ['no holder at all, which we never write', '{"version":1,"holders":[]}'],
  ['a holder that is no object', '{"version":1,"holders":[null]}'],
])('a lock that cannot be read whole (%s) is never taken for one that nobody holds', (_what, unreadable) => {
  const lock = decodeRebootLock(unreadable);
  expect(lock.ours).toBe(false);
  expect(isRebooting(lock)).toBe(true);
});

test('who holds it is known by instance, and only who is named leaves it', () => {
  const lock = withHolder(withHolder(FREE_LOCK, one), two);
  expect([isHeldBy(lock, id(1)), isHeldBy(lock, id(2)), isHeldBy(lock, id(3))]).toEqual([true, true, false]);
  expect(withoutHolders(lock, [id(1), id(3)]).holders).toEqual([two]);
  expect(isRebooting(lock)).toBe(true);
  expect(isRebooting(FREE_LOCK)).toBe(false);
});

test('a holder is overdue after half an hour, and not a moment before', () => {
  const dueAtMs = Date.parse(SINCE) + REBOOT_OVERDUE_MS;
  expect(REBOOT_OVERDUE_MS).toBe(1_800_000);
  expect(isOverdue(one, dueAtMs)).toBe(false);
  expect(isOverdue(one, dueAtMs + 1)).toBe(true);
});
