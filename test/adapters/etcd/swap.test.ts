import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import type { EtcdPort, PermitLease } from '../../../functions/core/ports.ts';
import type { KeyPort } from '../../../functions/core/registry/key-port.ts';
import { type LonelyEtcd, openLonelyEtcd } from './lonely-etcd.ts';

const KEY = '/etcd-autopilot/reboots/members';
let lonely: LonelyEtcd;
let port: EtcdPort & KeyPort;
let endpoint: string;

beforeAll(async () => {
  lonely = await openLonelyEtcd();
  endpoint = lonely.etcd.clientUrl;
  port = openEtcd({ deadlineMs: 5_000 });
}, 60_000);
beforeEach(async () => {
  await port.commit(endpoint, [{ key: KEY, value: null }], '999999');
});
afterAll(async () => {
  port.close();
  await lonely.end();
});

const swap = (before: string | null, after: string | null, permit: PermitLease | null = null) =>
  port.swap(endpoint, KEY, before, after, permit);
const value = (): Promise<string | null> => port.read(endpoint, KEY);

test('a key changes only from what was read to what is wanted, and is created and deleted so too', async () => {
  expect(await swap('a', 'b')).toBe('overtaken');
  expect(await swap(null, 'a')).toBe('swapped');
  expect(await swap(null, 'b')).toBe('overtaken');
  expect(await value()).toBe('a');
  expect(await swap('a', 'ü')).toBe('swapped');
  expect(await swap('ü', null)).toBe('swapped');
  expect(await value()).toBeNull();
});

test('of many who change the same key at once, one does', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, (_, at) => swap(null, `client ${at}`)));
  expect(all.filter((one) => one === 'swapped')).toHaveLength(1);
  expect(await value()).toBe(`client ${all.indexOf('swapped')}`);
});

test('with a permit it changes only while that is ours: not after it was released, and not once another has it', async () => {
  const first = await port.takePermit(endpoint, 'first', 'reboot', 30);
  if (first === null) throw new Error('the permit was not free');
  expect(await swap(null, 'first', first)).toBe('swapped');
  await port.releasePermit(endpoint, first);
  expect(await swap('first', null, first)).toBe('overtaken');
  const second = await port.takePermit(endpoint, 'second', 'reboot', 30);
  if (second === null) throw new Error('the permit was not free');
  expect(await swap('first', null, first)).toBe('overtaken');
  expect(await swap('first', 'second', second)).toBe('swapped');
  await port.releasePermit(endpoint, second);
});
