import { expect, test } from 'vitest';
import {
  leavingSince,
  leavingValue,
  machineValue,
  metadataIn,
  nameIn,
} from '../../../functions/core/registry/keys.ts';
import { hostOf, idOf, NOW_MS } from '../../support/registry-world.ts';

const ID = idOf(10);

test('a key is ours by its form alone: machines, leavers and services of instances', () => {
  expect(nameIn(`/etcd-autopilot/machines/${ID}`)).toEqual({ kind: 'machine', id: ID });
  expect(nameIn(`/etcd-autopilot/leaving/${ID}`)).toEqual({ kind: 'leaving', id: ID });
  expect(nameIn(`/services/web/${ID}:80`)).toEqual({ kind: 'service', id: ID, service: 'web' });
});

test.each([
  ['/etcd-autopilot/machines/', null],
  [`/etcd-autopilot/machines/${ID}/x`, null],
  ['/etcd-autopilot/machines/i-xyz', null],
  ['/services/web/i-12:80', 'web'],
  [`/services/web/${ID}`, 'web'],
  [`/services/web/sub/${ID}:80`, 'web'],
  [`/services/web/${ID}:http`, 'web'],
  ['/services/web', 'web'],
  ['/elsewhere', null],
])('%s is not', (key, service) => {
  expect(nameIn(key)).toEqual({ kind: 'other', service });
});

test('equal facts are equal text, whatever order the tag had, and only addresses that are there are told', () => {
  const value = (pairs: readonly (readonly [string, string])[]) =>
    machineValue(hostOf(10, { publicIp: '192.0.2.1' }), { name: 'web', metadata: new Map(pairs) });
  const text = value([
    ['b', '2'],
    ['a', '1'],
  ]);
  expect(text).toBe(
    value([
      ['a', '1'],
      ['b', '2'],
    ]),
  );
  expect(JSON.parse(text)).toEqual({
    id: ID,
    addresses: { private: '10.0.0.10', public: '192.0.2.1' },
    zone: 'zone-a',
    instanceType: 't3.small',
    group: 'web',
    metadata: { a: '1', b: '2' },
  });
  expect(metadataIn(text)).toEqual(
    new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
  );
});

test('metadata of what is no machine cannot be read', () => {
  for (const text of [undefined, '', 'nonsense', '[]', '{}', '{"metadata":1}'])
    expect(metadataIn(text)).toBeNull();
  expect(metadataIn('{"metadata":{"a":"1","b":2}}')).toEqual(new Map([['a', '1']]));
});

test('a note tells when it was made; no time, or one that has not come, tells nothing', () => {
  expect(leavingSince(leavingValue(NOW_MS), NOW_MS)).toBe(NOW_MS);
  expect(leavingSince(leavingValue(NOW_MS + 1), NOW_MS)).toBeNull();
  expect(leavingSince('soon', NOW_MS)).toBeNull();
});
