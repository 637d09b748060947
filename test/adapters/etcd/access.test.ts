import { Etcd3, Range } from 'etcd3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import { KEY } from '../../../functions/core/names.ts';
import type { EtcdPort } from '../../../functions/core/ports.ts';
import { type LonelyEtcd, openLonelyEtcd } from './lonely-etcd.ts';

const ROOT = { user: 'root', password: 'right' };
/** May read and write what the autopilot owns, and nothing of others. */
const AUTOPILOT = { user: 'autopilot', password: 'secret' };
/** May not even read what the autopilot owns. */
const STRANGER = { user: 'stranger', password: 'secret' };

let lonely: LonelyEtcd;
let endpoint: string;

beforeAll(async () => {
  lonely = await openLonelyEtcd();
  endpoint = lonely.etcd.clientUrl;
  const admin = new Etcd3({ hosts: endpoint });
  for (const { user, password } of [ROOT, AUTOPILOT, STRANGER]) await admin.user(user).create(password);
  await admin.role('root').create();
  await admin.user('root').addRole('root');
  const role = await admin.role('autopilot').create();
  await role.grant({
    permission: 'Readwrite',
    range: Range.prefix('/etcd-autopilot/'),
  });
  await admin.user(AUTOPILOT.user).addRole('autopilot');
  await admin.auth.authEnable();
  admin.close();
}, 60_000);
afterAll(() => lonely.end());

const withPort = async <T>(
  auth: { user: string; password: string } | null,
  work: (port: EtcdPort) => Promise<T>,
): Promise<T> => {
  const port = openEtcd({ deadlineMs: 4_000, ...(auth === null ? {} : { auth }) });
  try {
    return await work(port);
  } finally {
    port.close();
  }
};

test('with its user and password it reads, writes and lists', async () => {
  await withPort(ROOT, async (port) => {
    await port.write(endpoint, KEY.state, 'memory');
    expect(await port.read(endpoint, KEY.state)).toBe('memory');
    expect(await port.members(endpoint)).toHaveLength(1);
    expect(await port.probe([endpoint])).toMatchObject([{ kind: 'status', linearizable: true }]);
  });
});

test('a role limited to the keys of the autopilot is enough for its keys, and not for others', async () => {
  await withPort(AUTOPILOT, async (port) => {
    await port.write(endpoint, KEY.state, 'memory');
    await expect(port.write(endpoint, '/of/others', 'x')).rejects.toMatchObject({ code: 'ETCD_ACCESS' });
  });
});

test('who is not allowed to read still sees that a majority answers', async () => {
  await withPort(STRANGER, async (port) => {
    expect(await port.probe([endpoint])).toMatchObject([{ kind: 'status', linearizable: true }]);
    await expect(port.read(endpoint, KEY.state)).rejects.toMatchObject({
      code: 'ETCD_ACCESS',
      retry: 'never',
    });
  });
});

test('a wrong password is denied, which is neither silence nor death', async () => {
  await withPort({ user: 'root', password: 'wrong' }, async (port) => {
    expect(await port.probe([endpoint])).toEqual([{ kind: 'silent', endpoint, because: 'denied' }]);
    await expect(port.write(endpoint, KEY.state, 'x')).rejects.toMatchObject({
      code: 'ETCD_ACCESS',
      message: expect.stringContaining('denied access when asked to write a key'),
    });
  });
});

test('without a user, writing is denied', async () => {
  await withPort(null, async (port) => {
    await expect(port.write(endpoint, KEY.state, 'x')).rejects.toMatchObject({ code: 'ETCD_ACCESS' });
  });
});
