import { readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test as plain } from 'vitest';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import type { EtcdPort } from '../../functions/core/ports.ts';
import { memberIdOf } from '../../functions/core/raft-ids.ts';
import { decodeReport } from '../../functions/core/report.ts';
import { openEtcdHttp } from '../../infra/demo/etcd-http.ts';
import { INSTANCE, MemberHost, REPORT_NAME } from '../infra/node/member-host.ts';
import { PATH } from '../simulation/world/fake-world.ts';
import {
  clientUrlOf,
  type EtcdProcess,
  etcdBinDir,
  foundCluster,
  loopback,
  peerUrlOf,
} from '../support/etcd-process.ts';
import { changesOf, test } from '../support/real-story.ts';

const ADDRESS = loopback(8);
const LIVE = loopback(9);
const OLD_TOKEN = 'core-1-of-another-time';
const AT = { peerUrl: peerUrlOf(ADDRESS), clientUrl: clientUrlOf(ADDRESS) };
const http = openEtcdHttp();

/** What young etcd refuses, or does not serve yet, is asked again. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let count = 0; count < 60; count += 1) {
    try {
      return await work();
    } catch {
      await sleep(200);
    }
  }
  return work();
}

/** The real boot script and a real etcd on one machine, beside a cluster of one that lives. */
describe('an old disk, the real boot script and real etcd', { timeout: 120_000 }, () => {
  let host: MemberHost;
  let live: readonly EtcdProcess[] = [];
  let port: EtcdPort;

  afterEach(async () => {
    port.close();
    await Promise.all(live.map((process) => process.kill()));
    await host.destroy();
  });

  async function begin(): Promise<void> {
    port = openEtcd({ deadlineMs: 2_000 });
    host = new MemberHost({ address: ADDRESS, etcd: { dir: await etcdBinDir() } });
    const about = { prefix: 'live', token: 'core-2-alive', dir: host.path('live') };
    live = await foundCluster({ ...about, addresses: [LIVE], binDir: await etcdBinDir() });
  }

  /** The machine's etcd joins the cluster that lives; resolves to its member id there. */
  async function joinLive(): Promise<string> {
    const memberId = await eventually(() => port.addLearner(clientUrlOf(LIVE), AT.peerUrl));
    const initialCluster = `live-0=${peerUrlOf(LIVE)},${INSTANCE}=${AT.peerUrl}`;
    const start = { initialCluster, initialState: 'existing' } as const;
    host.giveTicket({ ...AT, memberId, token: '', claim: 2, start });
    return memberId;
  }

  async function clusterOf(address: string): Promise<string> {
    const [probe] = await port.probe([clientUrlOf(address)]);
    if (probe?.kind !== 'status') throw new Error(`${address} is silent`);
    return probe.status.clusterId;
  }

  const isServing = async (): Promise<boolean> =>
    (await port.probe([AT.clientUrl])).every(({ kind }) => kind === 'status');

  const keptAside = (): readonly string[] =>
    readdirSync(host.path('var/lib')).filter((name) => name.startsWith('etcd.removed-'));

  plain(
    'S18 a disk of another cluster never runs that cluster again: told, kept aside, joined anew',
    async () => {
      await begin();
      const oldId = memberIdOf(AT.peerUrl, OLD_TOKEN);
      const start = { initialCluster: `${INSTANCE}=${AT.peerUrl}`, initialState: 'new' } as const;
      host.giveTicket({ ...AT, token: OLD_TOKEN, memberId: oldId, start });
      await host.boot();
      await eventually(() => http.put(AT.clientUrl, '/old', 'data', 2_000));
      const oldCluster = await clusterOf(ADDRESS);
      await host.powerOff();
      rmSync(host.path('var/lib/etcd-autopilot'), { recursive: true }); // the disk is on another machine now

      host.giveTicket({ ...AT, memberId: '77', token: '', claim: 2, state: 'started', start: null });
      await host.boot();
      await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
      await host.reads();
      expect(decodeReport(INSTANCE, host.region.parameters.get(REPORT_NAME) ?? '')?.kind).toBe(
        'foreign-data',
      );
      expect(await isServing()).toBe(false);

      await joinLive();
      await eventually(() => clusterOf(ADDRESS));
      expect(await clusterOf(ADDRESS)).toBe(await clusterOf(LIVE));
      expect(await clusterOf(ADDRESS)).not.toBe(oldCluster);
      expect((await http.readAll(clientUrlOf(LIVE), '/old')).size).toBe(0);
      expect(keptAside()).toHaveLength(1);
    },
  );

  plain(
    'S18 a disk of a removed member: its etcd ends by itself, and runs again as another member only',
    async () => {
      await begin();
      const first = await joinLive();
      await host.boot();
      await eventually(async () => expect(await port.promote(clientUrlOf(LIVE), first)).toBe('promoted'));
      host.giveTicket({ ...AT, memberId: first, token: '', claim: 2, state: 'started', start: null });
      await eventually(() => port.remove(clientUrlOf(LIVE), first));
      await host.says('etcd ended with status');
      await host.powerOff();
      await host.boot();
      await host.says('starting etcd');
      await sleep(500);
      expect(await port.members(clientUrlOf(LIVE))).toHaveLength(1);

      const second = await joinLive();
      expect(second).not.toBe(first);
      await eventually(() => clusterOf(ADDRESS));
      const members = await port.members(clientUrlOf(LIVE));
      expect(members.map(({ id }) => id)).toContain(second);
      expect(keptAside()).toHaveLength(1);
    },
  );
});

describe.concurrent('an old disk and the autopilot', { timeout: 120_000 }, () => {
  test('S18 a voter comes back with the disk of another cluster: it is removed by its report, and joins anew', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.instance(world.follower());
    world.stopEtcdOf(victim.id);
    victim.disk = '4711';
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.remove', 'etcd.addLearner', 'etcd.promote']);
    expect(world.parameters.has(`${PATH}reports/${victim.id}`)).toBe(false);
    await world.expectVoters(world.alive());
  });
});
