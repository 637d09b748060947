import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import { KEY } from '../../../functions/core/names.ts';
import { clientUrlOf, loopback } from '../../support/etcd-process.ts';
import { type LonelyEtcd, openLonelyEtcd } from './lonely-etcd.ts';

let lonely: LonelyEtcd;
let endpoint: string;

beforeAll(async () => {
  lonely = await openLonelyEtcd();
  endpoint = lonely.etcd.clientUrl;
}, 60_000);
afterAll(() => lonely.end());

test('every call has a fresh deadline, however long the port is open', async () => {
  const port = openEtcd({ deadlineMs: 400 });
  await port.write(endpoint, KEY.state, 'one');
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await port.read(endpoint, KEY.state)).toBe('one');
  port.close();
});

test('a host that hangs costs one deadline and is silent because of it; afterwards it answers again', async () => {
  const port = openEtcd({ deadlineMs: 500 });
  await port.read(endpoint, KEY.state);
  lonely.etcd.freeze();
  const startedAtMs = performance.now();
  const frozen = await port.probe([endpoint]).finally(() => lonely.etcd.thaw());
  expect(frozen).toEqual([{ kind: 'silent', endpoint, because: 'deadline' }]);
  expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  port.close();
  const fresh = openEtcd({ deadlineMs: 5_000 });
  expect(await fresh.probe([endpoint])).toMatchObject([{ kind: 'status', linearizable: true }]);
  fresh.close();
});

test('a host that was away is found again by the same port as soon as it serves', async () => {
  const port = openEtcd({ deadlineMs: 2_000 });
  await port.probe([endpoint]);
  await lonely.etcd.kill();
  expect(await port.probe([endpoint])).toMatchObject([{ kind: 'silent' }]); // the old connection breaks
  await vi.waitFor(async () =>
    expect(await port.probe([endpoint])).toMatchObject([{ kind: 'silent', because: 'refused' }]),
  );
  await lonely.etcd.start();
  await lonely.etcd.ready();
  expect(await port.probe([endpoint])).toMatchObject([{ kind: 'status', linearizable: true }]);
  port.close();
}, 30_000);

test('a permit whose key somebody took away is lost, and its lease is not kept alive', async () => {
  const port = openEtcd({ deadlineMs: 3_000 });
  const admin = new Etcd3({ hosts: endpoint });
  const lease = await port.takePermit(endpoint, 'first', 'removeMember', 60);
  if (lease === null) throw new Error('the permit was not free');
  await admin.delete().key(KEY.disruption);
  expect(await port.takePermit(endpoint, 'second', 'removeMember', 60)).toMatchObject({ owner: 'second' });
  expect(await port.renewPermit(endpoint, lease)).toBe('lost');
  const { leases } = await admin.leaseClient.leaseLeases();
  expect(leases.map(({ ID }) => ID)).not.toContain(lease.leaseId);
  expect(await port.read(endpoint, KEY.disruption)).toContain('second');
  admin.close();
  port.close();
});

/** Uses everything that could leave a timer or a socket behind, and then only closes the port. */
const PROGRAM = `
  const { openEtcd } = await import(process.argv[1]);
  const port = openEtcd({ deadlineMs: 300 });
  await port.probe([process.argv[2], process.argv[3]]);
  const lease = await port.takePermit(process.argv[2], 'program', 'test', 30);
  if ((await port.renewPermit(process.argv[2], lease)) !== 'renewed') process.exit(3);
  await port.releasePermit(process.argv[2], lease);
  port.close();
  process.stdout.write('closed');
`;

test('after close nothing keeps the process alive', async () => {
  const admin = new Etcd3({ hosts: endpoint });
  await admin.delete().key(KEY.disruption);
  admin.close();
  const adapter = fileURLToPath(new URL('../../../functions/adapters/etcd/open.ts', import.meta.url));
  const args = ['--input-type=module', '-e', PROGRAM, adapter, endpoint, clientUrlOf(loopback(1))];
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { timeout: 8_000 }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
  expect(printed).toBe('closed');
}, 15_000);
