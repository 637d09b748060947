import { expect, test } from 'vitest';
import { ADDRESS_KINDS, addressOf, type Host } from '../../functions/core/hosts.ts';

const host: Host = {
  id: 'i-0000000000000000a',
  state: 'running',
  privateIp: '10.0.0.1',
  publicIp: '203.0.113.1',
  ipv6: '2001:db8::1',
  instanceType: 't3.micro',
  zone: 'eu-west-1a',
  launchedAtMs: 0,
};

test('each kind of address is that one and no other', () => {
  expect(ADDRESS_KINDS.map((kind) => addressOf(host, kind))).toEqual([
    '10.0.0.1',
    '203.0.113.1',
    '2001:db8::1',
  ]);
  expect(addressOf({ ...host, publicIp: null }, 'public')).toBeNull();
});

test('a machine that EC2 does not know has no address', () => {
  expect(addressOf('notFound', 'private')).toBeNull();
  expect(addressOf(undefined, 'private')).toBeNull();
});
