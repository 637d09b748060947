import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import type { EtcdAccess } from '../../../functions/core/access.ts';
import { IntactCheck } from '../../../functions/core/backup/intact.ts';
import { KEY } from '../../../functions/core/names.ts';
import type { EtcdPort } from '../../../functions/core/ports.ts';
import type { KeyPair } from '../../../infra/local/certificates.ts';
import { type EtcdProcess, etcdBinDir, foundCluster, loopback } from '../../support/etcd-process.ts';
import { runEtcdctl } from '../../support/etcdctl.ts';
import { ROOT } from '../../support/secrets.ts';
import { TlsGround } from '../../support/tls-ground.ts';

/** One real etcd with TLS, which asks for users. */
let dir: string;
let ground: TlsGround;
let etcd: EtcdProcess;
const ports: EtcdPort[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'etcd-secured-'));
  ground = await TlsGround.make('lonely.test', new Map([['lonely-0', loopback(0)]]));
  const binDir = await etcdBinDir();
  const addresses = [loopback(0)];
  const about = { addresses, prefix: 'lonely', token: 'lonely', dir, binDir, tls: ground.tls };
  const [founder] = await foundCluster(about);
  if (founder === undefined) throw new Error('no founder');
  etcd = founder;
  const way = { binDir, endpoints: [etcd.clientUrl], tls: ground.tls, user: null };
  await runEtcdctl(way, ['user', 'add', `${ROOT.user}:${ROOT.password}`]);
  await runEtcdctl(way, ['role', 'add', 'root']);
  await runEtcdctl(way, ['user', 'grant-role', ROOT.user, 'root']);
  await runEtcdctl(way, ['auth', 'enable']);
}, 60_000);
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});
afterAll(async () => {
  await etcd.kill();
  await ground.end();
  await rm(dir, { recursive: true, force: true });
});

function open(auth: EtcdAccess['auth'], client: KeyPair = ground.certificates.client) {
  const port = openEtcd({ ...ground.access(auth, { client }), deadlineMs: 3_000 });
  ports.push(port);
  return port;
}

const silent = (because: string) => [{ kind: 'silent', endpoint: etcd.clientUrl, because }];

test('with certificate and user it answers, reads and writes', async () => {
  const port = open(ROOT);
  expect(await port.probe([etcd.clientUrl])).toMatchObject([{ kind: 'status', linearizable: true }]);
  await port.write(etcd.clientUrl, KEY.state, 'memory');
  expect(await port.read(etcd.clientUrl, KEY.state)).toBe('memory');
});

test('keys are read and committed with certificate and user, and by nobody else', async () => {
  const port = open(ROOT);
  const changes = [{ key: '/services/web/x', value: 'y' }];
  const { revision } = await port.range(etcd.clientUrl, ['/services/']);
  expect(await port.commit(etcd.clientUrl, changes, revision)).toBe('committed');
  const { values } = await port.range(etcd.clientUrl, ['/services/']);
  expect(Object.fromEntries(values)).toEqual({ '/services/web/x': 'y' });
  const nobody = open(null);
  await expect(nobody.range(etcd.clientUrl, ['/services/'])).rejects.toMatchObject({ code: 'ETCD_ACCESS' });
  await expect(nobody.commit(etcd.clientUrl, changes, '9')).rejects.toMatchObject({ code: 'ETCD_ACCESS' });
});

test('a snapshot is sent to certificate and user, and to nobody else', async () => {
  const take = async (port: ReturnType<typeof open>) => {
    const check = new IntactCheck();
    for await (const chunk of port.snapshot(etcd.clientUrl, Date.now() + 20_000)) check.add(chunk);
    return check.end().problem;
  };
  expect(await take(open(ROOT))).toBeNull();
  await expect(take(open(null))).rejects.toMatchObject({ code: 'ETCD_ACCESS' });
  await expect(take(open({ ...ROOT, password: 'wrong' }))).rejects.toMatchObject({ code: 'ETCD_ACCESS' });
});

test.each<[string, () => KeyPair]>([
  ['of another authority', () => ground.certificates.stranger.client],
  ['that has expired', () => ground.certificates.expired],
])('an etcd that refuses our certificate, %s, is untrusted', async (_what, client) => {
  expect(await open(ROOT, client()).probe([etcd.clientUrl])).toEqual(silent('untrusted'));
});

test('a wrong password is denied, and so is none, whatever the certificate says', async () => {
  expect(await open({ ...ROOT, password: 'wrong' }).probe([etcd.clientUrl])).toEqual(silent('denied'));
  const nobody = open(null);
  await expect(nobody.write(etcd.clientUrl, KEY.state, 'x')).rejects.toMatchObject({ code: 'ETCD_ACCESS' });
});

test('a token that etcd has forgotten is asked for anew, within the same call', async () => {
  const port = open(ROOT);
  await port.write(etcd.clientUrl, KEY.state, 'before');
  await etcd.kill();
  await etcd.start();
  await etcd.ready();
  await port.write(etcd.clientUrl, KEY.state, 'after');
  expect(await port.read(etcd.clientUrl, KEY.state)).toBe('after');
  expect(await port.probe([etcd.clientUrl])).toMatchObject([{ kind: 'status', linearizable: true }]);
}, 30_000);

test('users may be switched off and on under an open port', async () => {
  const port = open(ROOT);
  const way = { binDir: await etcdBinDir(), endpoints: [etcd.clientUrl], tls: ground.tls, user: ROOT };
  await port.write(etcd.clientUrl, KEY.state, 'asked');
  await runEtcdctl(way, ['auth', 'disable']);
  await port.write(etcd.clientUrl, KEY.state, 'not asked');
  const unasked = open(ROOT);
  await unasked.write(etcd.clientUrl, KEY.state, 'not asked');
  await runEtcdctl({ ...way, user: null }, ['auth', 'enable']);
  for (const one of [port, unasked]) await one.write(etcd.clientUrl, KEY.state, 'asked again');
  expect(await port.read(etcd.clientUrl, KEY.state)).toBe('asked again');
});
