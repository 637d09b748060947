import { describe, expect, test } from 'vitest';
import { isEnding, isServing, parseJoinedGroup } from '../../functions/core/joined.ts';
import { TAG } from '../../functions/core/names.ts';
import type { ScalingGroup } from '../../functions/core/ports.ts';

const group = (tags: Readonly<Partial<Record<keyof typeof TAG, string>>>): ScalingGroup => ({
  name: 'web',
  desiredCapacity: 3,
  deleting: false,
  hasWarmPool: false,
  instances: [{ id: 'i-0000000000000000a', lifecycle: 'InService', zone: 'eu-west-1a', health: 'Healthy' }],
  tags: new Map(
    Object.entries({ cluster: 'core', role: 'worker', ...tags }).map(([name, value]) => [
      TAG[name as keyof typeof TAG],
      value,
    ]),
  ),
});
const codesOf = (tags: Parameters<typeof group>[0]): readonly string[] =>
  parseJoinedGroup(group(tags)).problems.map(({ code }) => code);

test('all that the tags of a worker group ask for is read', () => {
  const joined = parseJoinedGroup(
    group({
      metadata: 'instancetype=r3,role=worker',
      dnsZone: 'Z0123456789ABC',
      dnsName: 'Web.Example.com.',
      dnsAddress: 'public',
      dnsTtl: '60',
      service: 'web:80, metrics:9100',
      drainSeconds: '0',
      maxRebooting: ' 20 ',
    }),
  );
  expect(joined).toMatchObject({
    name: 'web',
    cluster: 'core',
    role: 'worker',
    zone: 'Z0123456789ABC',
    front: { zone: 'Z0123456789ABC', name: 'web.example.com', address: 'public', ttlSeconds: 60 },
    services: [
      { name: 'web', port: 80 },
      { name: 'metrics', port: 9100 },
    ],
    drainSeconds: 0,
    maxRebooting: 20,
    problems: [],
  });
  expect([...joined.metadata]).toEqual([
    ['instancetype', 'r3'],
    ['role', 'worker'],
  ]);
});

test('a group that asks for nothing gets nothing, without a word', () => {
  expect(parseJoinedGroup(group({}))).toMatchObject({
    zone: null,
    front: null,
    services: [],
    drainSeconds: 15,
    maxRebooting: 1,
    problems: [],
  });
});

test('a member group needs no name beside its zone, a worker group does', () => {
  expect(codesOf({ role: 'member', dnsZone: 'Z1' })).toEqual([]);
  expect(codesOf({ role: 'worker', dnsZone: 'Z1' })).toEqual(['dnsTagsInvalid']);
});

describe('a mistake in one tag is told and leaves the others as they are', () => {
  const right = { dnsZone: 'Z1', dnsName: 'web.example.com', service: 'web:80', metadata: 'a=b' };
  test.each([
    [{ cluster: 'Not A Name' }, 'unknownCluster', { services: [{ name: 'web', port: 80 }] }],
    [{ role: 'boss' }, 'roleInvalid', { role: 'worker', services: [{ name: 'web', port: 80 }] }],
    [{ metadata: 'novalue' }, 'metadataInvalid', { front: { name: 'web.example.com' } }],
    [{ dnsZone: 'example.com' }, 'dnsTagsInvalid', { zone: null, front: null }],
    [{ dnsZone: '' }, 'dnsTagsInvalid', { zone: null, front: null }],
    [{ dnsName: 'web_site' }, 'dnsTagsInvalid', { zone: 'Z1', front: null }],
    [{ dnsName: `${'a'.repeat(64)}.example.com` }, 'dnsTagsInvalid', { front: null }],
    [{ dnsAddress: 'both' }, 'dnsTagsInvalid', { front: null, services: [{ name: 'web', port: 80 }] }],
    [{ dnsTtl: '0' }, 'dnsTagsInvalid', { front: { ttlSeconds: 30 } }],
    [{ dnsTtl: '301' }, 'dnsTagsInvalid', { front: { ttlSeconds: 30 } }],
    [{ service: 'web:0' }, 'serviceInvalid', { services: [] }],
    [{ service: 'web:65536,api:8080' }, 'serviceInvalid', { services: [{ name: 'api', port: 8080 }] }],
    [{ service: 'web' }, 'serviceInvalid', { front: { name: 'web.example.com' } }],
    ...['0', '101', '-1', '1.5', 'all', '1e1'].map(
      (maxRebooting) => [{ maxRebooting }, 'rebootTagInvalid', { maxRebooting: 1 }] as const,
    ),
    [{ drainSeconds: '601' }, 'serviceInvalid', { drainSeconds: 15, services: [{ name: 'web', port: 80 }] }],
  ] as const)('%o', (wrong, code, kept) => {
    const joined = parseJoinedGroup(group({ ...right, ...wrong }));
    expect(joined.problems.map((problem) => problem.code)).toEqual([code]);
    expect(joined).toMatchObject(kept);
  });

  test('and all mistakes are told together', () => {
    const wrong = { metadata: 'x', dnsZone: 'Z1', dnsName: '-', service: 'a:b,c:d', dnsTtl: 'long' };
    expect(codesOf(wrong)).toEqual([
      'metadataInvalid',
      'dnsTagsInvalid',
      'dnsTagsInvalid',
      'serviceInvalid',
      'serviceInvalid',
    ]);
  });
});

test('limits of a TTL and of a drain are part of what is allowed', () => {
  expect(codesOf({ dnsZone: 'Z1', dnsName: 'a.example.com', dnsTtl: '1', drainSeconds: '600' })).toEqual([]);
  expect(codesOf({ dnsZone: 'Z1', dnsName: 'a.example.com', dnsTtl: '300', drainSeconds: '0' })).toEqual([]);
});

test.each([
  ['InService', 'Healthy', true],
  ['InService', 'HEALTHY', true],
  ['InService', 'Unhealthy', false],
  ['Pending:Wait', 'Healthy', false],
  ['Terminating:Wait', 'Healthy', false],
  ['Standby', 'Healthy', false],
  ['Warmed:Running', 'Healthy', false],
])('somebody in %s and %s is sent to: %s', (lifecycle, health, serving) => {
  expect(isServing({ id: 'i-0000000000000000a', lifecycle, health, zone: 'a' })).toBe(serving);
});

test('a group ends when it wants nobody or is being deleted', () => {
  expect(isEnding(parseJoinedGroup(group({})))).toBe(false);
  expect(isEnding(parseJoinedGroup({ ...group({}), desiredCapacity: 0 }))).toBe(true);
  expect(isEnding(parseJoinedGroup({ ...group({}), deleting: true }))).toBe(true);
});
