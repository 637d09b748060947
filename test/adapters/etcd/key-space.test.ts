import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import type { EtcdPort } from '../../../functions/core/ports.ts';
import { CHANGES_MAX, type KeyPort } from '../../../functions/core/registry/key-port.ts';
import { failureOf } from '../../contract/etcd-world.ts';
import { clientUrlOf, loopback } from '../../support/etcd-process.ts';
import { type LonelyEtcd, openLonelyEtcd } from './lonely-etcd.ts';

const FOLDER = '/services/';
let lonely: LonelyEtcd;
let admin: Etcd3;
let port: EtcdPort & KeyPort;
let endpoint: string;

beforeAll(async () => {
  lonely = await openLonelyEtcd();
  endpoint = lonely.etcd.clientUrl;
  admin = new Etcd3({ hosts: endpoint });
  port = openEtcd({ deadlineMs: 5_000 });
}, 60_000);
beforeEach(() => admin.delete().all());
afterAll(async () => {
  port.close();
  admin.close();
  await lonely.end();
});

const valuesUnder = async (...prefixes: readonly string[]): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await port.range(endpoint, prefixes)).values);

test('a range holds every key under its prefixes and none beside them', async () => {
  const inside = { '/services/web/i-1:80': 'a', '/services/web/i-2:80': 'ü', '/machines/x': '' };
  for (const [key, value] of Object.entries({
    ...inside,
    '/services': '-',
    '/services0': '-',
    '/machinesx': '-',
  }))
    await admin.put(key).value(value);
  expect(await valuesUnder('/machines/', FOLDER)).toEqual(inside);
  expect(await valuesUnder('/nobody/')).toEqual({});
});

test('a range of more keys than a page holds is complete, and as of one revision', async () => {
  const names = Array.from({ length: 1_101 }, (_, index) => `${FOLDER}web/${index}`);
  for (let at = 0; at < names.length; at += CHANGES_MAX)
    await port.commit(
      endpoint,
      names.slice(at, at + CHANGES_MAX).map((key) => ({ key, value: 'v' })),
      '99',
    );
  expect([...(await port.range(endpoint, [FOLDER])).values.keys()].sort()).toEqual(names.sort());
  let isReading = true;
  const writing = (async () => {
    for (let at = 0; isReading && at < 5_000; at += 1) await admin.put(`${FOLDER}zz/${at}`).value('late');
  })();
  for (let round = 0; round < 10; round += 1) {
    const { revision, values } = await port.range(endpoint, [FOLDER]);
    expect(values.size).toBe(await admin.getAll().prefix(FOLDER).revision(revision).count());
  }
  isReading = false;
  await writing;
});

test('puts and deletes of one commit happen together, at one revision', async () => {
  await admin.put('/services/web/old').value('x');
  const { revision } = await port.range(endpoint, [FOLDER]);
  const changes = [
    { key: '/services/web/new', value: 'y' },
    { key: '/services/web/old', value: null },
  ];
  expect(await port.commit(endpoint, changes, revision)).toBe('committed');
  const after = await port.range(endpoint, [FOLDER]);
  expect(Object.fromEntries(after.values)).toEqual({ '/services/web/new': 'y' });
  expect(BigInt(after.revision)).toBe(BigInt(revision) + 1n);
});

test('a commit is overtaken by a write to one of its keys since it was seen, and then changes nothing', async () => {
  await admin.put('/services/web/a').value('1');
  const { revision } = await port.range(endpoint, [FOLDER]);
  await admin.put('/services/web/a').value('2');
  const changes = [
    { key: '/services/web/a', value: null },
    { key: '/services/web/b', value: '3' },
  ];
  expect(await port.commit(endpoint, changes, revision)).toBe('overtaken');
  expect(await valuesUnder(FOLDER)).toEqual({ '/services/web/a': '2' });
  await admin.put('/elsewhere').value('no matter');
  const again = await port.range(endpoint, [FOLDER]);
  expect(await port.commit(endpoint, changes, again.revision)).toBe('committed');
});

test('one commit takes as many changes as etcd takes, and no more are sent', async () => {
  const changes = Array.from({ length: CHANGES_MAX + 1 }, (_, index) => ({
    key: `${FOLDER}web/${index}`,
    value: `${index}`,
  }));
  expect(await port.commit(endpoint, changes.slice(0, CHANGES_MAX), '99999')).toBe('committed');
  await expect(port.commit(endpoint, changes, '99999')).rejects.toThrow('too many for one transaction');
  expect(Object.keys(await valuesUnder(FOLDER))).toHaveLength(CHANGES_MAX);
});

test('a prefix that could end within a name is refused', async () => {
  await expect(port.range(endpoint, ['/services'])).rejects.toThrow('no prefix of whole names');
});

test('silence is an error that says what was asked, and that a commit may have happened all the same', async () => {
  const nobody = clientUrlOf(loopback(1));
  expect(await failureOf(port.range(nobody, [FOLDER]))).toMatchObject({
    code: 'ETCD_UNAVAILABLE',
    retry: 'nextLook',
    context: { operation: 'read', endpoint: nobody },
  });
  const hasty = openEtcd({ deadlineMs: 300 });
  await hasty.range(endpoint, [FOLDER]);
  lonely.etcd.freeze();
  const error = await failureOf(hasty.commit(endpoint, [{ key: `${FOLDER}x/y`, value: 'z' }], '9')).finally(
    () => {
      lonely.etcd.thaw();
      hasty.close();
    },
  );
  expect(error).toMatchObject({ code: 'ETCD_UNAVAILABLE', context: { operation: 'write' } });
  expect(error.message).toContain('it may have happened all the same');
});
