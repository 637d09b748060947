import { describe, expect, test } from 'vitest';
import { newerRecords } from '../../functions/core/newer.ts';

const named = (name: string, text: string) => newerRecords(new Map([[name, text]]));

describe('a record of a newer version', () => {
  test.each([
    ['bootstrap', '{"version":2}'],
    ['status', '{"generation":1,"version":7}'],
    ['members/i-0123456789abcdef0', 'AUTOPILOT_STATE=sealed\nAUTOPILOT_VERSION=2\n'],
  ])('%s is named', (name, text) => {
    expect(named(name, text)).toEqual([name]);
  });

  test.each([
    ['config', '{"version":2,"size":3}'],
    ['status', '{"generation":9}'],
    ['bootstrap', 'not even JSON'],
    ['status', '{"version":"2"}'],
    ['endpoints', '{"version":2}'],
    ['members/i-0123456789abcdef0', 'AUTOPILOT_STATE=started\nAUTOPILOT_VERSION=1\n'],
    ['members/i-0123456789abcdef0', 'ETCD_NAME=AUTOPILOT_VERSION=2\n'],
    ['reports/i-0123456789abcdef0', 'AUTOPILOT_VERSION=2\n'],
  ])('is not %s: %s', (name, text) => {
    expect(named(name, text)).toEqual([]);
  });
});

test('a newer record of repairs keeps an older version from counting them', () => {
  expect(named('maintenance', '{"version":2,"spaceRepairsAtMs":[]}')).toEqual(['maintenance']);
  expect(named('maintenance', '{"version":1,"spaceRepairsAtMs":[]}')).toEqual([]);
});
