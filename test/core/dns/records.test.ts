import { describe, expect, test } from 'vitest';
import {
  ADDRESS_TYPES,
  digestOf,
  isAddressed,
  isOfInstance,
  isSame,
  keyOf,
  simpleRecord,
  typeOf,
} from '../../../functions/core/dns/records.ts';
import { webRecord } from './worlds.ts';

test('only an IPv6 address is an AAAA record', () => {
  expect((['private', 'public', 'ipv6'] as const).map(typeOf)).toEqual(['A', 'A', 'AAAA']);
  expect(ADDRESS_TYPES).toEqual(['A', 'AAAA']);
});

describe('two record sets are the same', () => {
  const one = webRecord(1);
  test('whatever the case, the dot at the end and the order of their values', () => {
    const srv = (...values: readonly string[]) => simpleRecord('a.b', 'SRV', values, 30);
    expect(isSame(srv('0 0 1 X.b.', '0 0 1 y.b'), srv('0 0 1 y.b', '0 0 1 x.b'))).toBe(true);
  });
  test.each([
    { values: ['10.9.9.9'] },
    { ttlSeconds: 31 },
    { healthCheckId: 'h' },
    { setIdentifier: 'i-00000000000000009' },
    { routing: 'other' as const },
    { type: 'AAAA' },
    { name: 'a.b' },
  ])('but not with %j', (over) => {
    expect(isSame(one, { ...one, ...over })).toBe(false);
    expect(digestOf([one])).not.toBe(digestOf([{ ...one, ...over }]));
  });
});

test('a digest does not depend on the order', () => {
  expect(digestOf([webRecord(1), webRecord(2)])).toBe(digestOf([webRecord(2), webRecord(1)]));
  expect(digestOf([])).toMatch(/^[0-9a-f]{8}$/);
});

test('what is made for an instance is told from all else', () => {
  expect(isOfInstance(webRecord(1))).toBe(true);
  expect(isOfInstance({ ...webRecord(1), setIdentifier: 'by-hand' })).toBe(false);
  expect(isOfInstance({ ...webRecord(1), routing: 'other' })).toBe(false);
  expect(isOfInstance({ ...webRecord(1), type: 'TXT' })).toBe(false);
  expect(
    ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS'].filter((type) => isAddressed({ ...webRecord(1), type })),
  ).toEqual(['A', 'AAAA', 'CNAME']);
  expect(keyOf(webRecord(1))).not.toBe(keyOf(webRecord(2)));
});
