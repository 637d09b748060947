import { describe, expect, test } from 'vitest';
import { isAtLeast, isVersion } from '../../../infra/etcd/version.ts';

describe('a version is new enough', () => {
  test.each([
    ['3.4.23', true],
    ['3.4.24', true],
    ['3.4.100', true],
    ['3.5.0', true],
    ['3.10.0', true],
    ['10.0.0', true],
    ['3.4.22', false],
    ['3.4.9', false],
    ['3.3.100', false],
    ['2.99.99', false],
  ])('%s than 3.4.23: %s', (version, expected) => {
    expect(isAtLeast(version, '3.4.23')).toBe(expected);
  });
});

test('only three numbers are a version', () => {
  expect(isVersion('3.6.14')).toBe(true);
  for (const text of ['v3.6.14', '3.6', '3.6.14-rc.1', '', '../../3.6.14', '3.6.14 ']) {
    expect(isVersion(text), text).toBe(false);
  }
});
