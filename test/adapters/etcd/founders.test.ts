import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import { clusterIdOf, memberIdOf } from '../../../functions/core/raft-ids.ts';
import { EtcdProcess, etcdBinDir, loopback, peerUrlOf } from '../../support/etcd-process.ts';

const ADDRESSES = [loopback(0), loopback(1), loopback(2)];
const TOKEN = 'founders-7-0123456789abcdef';

let dir: string;
let founders: readonly EtcdProcess[];

/** Two of three founders run: a majority. */
beforeAll(async () => {
  const binDir = await etcdBinDir();
  dir = await mkdtemp(join(tmpdir(), 'etcd-founders-'));
  const initialCluster = ADDRESSES.map((address, index) => `f${index}=${peerUrlOf(address)}`).join(',');
  founders = ADDRESSES.map(
    (address, index) =>
      new EtcdProcess({
        name: `f${index}`,
        address,
        dir: join(dir, `f${index}`),
        binDir,
        initialCluster,
        initialState: 'new',
        token: TOKEN,
      }),
  );
  const running = founders.slice(0, 2);
  await Promise.all(running.map((founder) => founder.start()));
  await Promise.all(running.map((founder) => founder.ready()));
}, 60_000);
afterAll(async () => {
  await Promise.all(founders.map((founder) => founder.kill()));
  await rm(dir, { recursive: true, force: true });
});

test('a founder that never ran is listed with its name and without client addresses', async () => {
  const port = openEtcd({ deadlineMs: 3_000 });
  const members = await port.members(`http://${ADDRESSES[0]}:2379`);
  port.close();
  const missing = members.find(({ peerUrls }) => peerUrls[0] === peerUrlOf(loopback(2)));
  expect(missing).toMatchObject({ name: 'f2', clientUrls: [], isLearner: false });
  expect(members.filter(({ clientUrls }) => clientUrls.length > 0)).toHaveLength(2);
});

test('the ids of founders that run, and of one that never did, are those computed beforehand', async () => {
  const port = openEtcd({ deadlineMs: 3_000 });
  const endpoint = `http://${ADDRESSES[1]}:2379`;
  const ids = (await port.members(endpoint)).map(({ id }) => id);
  const [probe] = await port.probe([endpoint]);
  port.close();
  const peerUrls = ADDRESSES.map(peerUrlOf);
  expect(ids.sort()).toEqual(peerUrls.map((peerUrl) => memberIdOf(peerUrl, TOKEN)).sort());
  expect(probe).toMatchObject({ status: { clusterId: clusterIdOf(peerUrls, TOKEN) } });
});
