import { describe, expect, test } from 'vitest';
import { isInZone, ownershipName, parseRecordName, unescapeName } from '../../../functions/core/dns/names.ts';

test.each([
  ['Web.Example.COM.', 'web.example.com'],
  [' web.example.com ', 'web.example.com'],
  ['*.apps.example.com', '*.apps.example.com'],
  ['_http._tcp.example.com', '_http._tcp.example.com'],
  ['a.b', 'a.b'],
])('%s is the name %s', (text, name) => {
  expect(parseRecordName(text)).toBe(name);
});

test.each([
  '',
  '.',
  'web',
  'web..example.com',
  'web.example.com..',
  '-web.example.com',
  'web-.example.com',
  'we b.example.com',
  'a.*.example.com',
  'w*b.example.com',
  `${'a'.repeat(64)}.example.com`,
  `${'a.'.repeat(120)}com`,
])('%s is no name', (text) => {
  expect(parseRecordName(text)).toBeNull();
});

test('the longest name still leaves room for the name of its mark', () => {
  const name = `${'a.'.repeat(117)}com`;
  expect(parseRecordName(name)).toBe(name);
  expect(ownershipName(name)).toHaveLength(253);
  expect(parseRecordName(`a${name}`)).toBeNull();
});

test('names come back from Route 53 with escapes and a dot at the end', () => {
  expect(unescapeName('\\052.Apps.example.com.')).toBe('*.apps.example.com');
  expect(unescapeName('a\\100b\\134.example.com.')).toBe('a@b\\.example.com');
  expect(unescapeName('web.example.com')).toBe('web.example.com');
});

describe('the mark of a name', () => {
  test('is a name below it that nobody asks for', () => {
    expect(ownershipName('web.example.com')).toBe('_etcd-autopilot.web.example.com');
    expect(ownershipName('*.example.com')).toBe('_etcd-autopilot._wildcard.example.com');
  });
});

test.each([
  ['web.example.com', true],
  ['example.com', true],
  ['webexample.com', false],
  ['example.com.evil.org', false],
])('%s lies in the zone: %s', (name, inside) => {
  expect(isInZone(name, 'example.com')).toBe(inside);
});
