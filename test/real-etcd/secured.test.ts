import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { KeyPair } from '../../infra/local/certificates.ts';
import { PATH } from '../simulation/world/fake-world.ts';
import { writeCertificates } from '../support/certificates.ts';
import { EtcdProcess } from '../support/etcd-process.ts';
import { glance, test } from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';
import { AUTH, DOMAIN, ROOT, SECURE } from '../support/secrets.ts';

/** What docs/configuration.md tells an operator to do, in that order. */
async function switchUsersOn(world: RealWorld): Promise<void> {
  await world.etcdctl('user', 'add', `${ROOT.user}:${ROOT.password}`);
  await world.etcdctl('role', 'add', 'root');
  await world.etcdctl('user', 'grant-role', ROOT.user, 'root');
  await world.settleReal();
  await world.etcdctl('auth', 'enable');
  world.etcdctlUser = ROOT;
}

/** The leader leaves, and its replacement votes. */
async function replaceLeader(world: RealWorld): Promise<void> {
  const leader = world.leader();
  world.terminate(leader);
  await world.settleReal();
  expect(world.alive()).not.toContain(leader);
  expect(world.alive()).toHaveLength(3);
  await world.expectVoters(world.alive());
}

/** Gives one machine certificates of its own, which etcd reads anew for every connection. Returns how to change them. */
async function separate(world: RealWorld, id: string): Promise<(member: KeyPair) => void> {
  const { ground } = world.hosts;
  if (ground === null) throw new Error('this world has no TLS');
  const directory = join(ground.tls.directory, id);
  const put = (member: KeyPair) => writeCertificates(directory, { ...ground.certificates, member });
  put(ground.certificates.member);
  const { settings } = world.etcdOf(id);
  await world.etcdOf(id).kill();
  const etcd = new EtcdProcess({ ...settings, tls: { ...ground.tls, directory } });
  world.hosts.adopt(id, etcd);
  await etcd.start();
  await etcd.ready();
  await world.settleReal();
  return put;
}

describe('on real etcd, secured', () => {
  test('a cluster with TLS on all ports is founded, and its leader replaced', async ({ stage }) => {
    const world = await stage.grown(3, SECURE, { domain: DOMAIN });
    const endpoints = world.parameters.get(`${PATH}endpoints`)?.split(',') ?? [];
    expect(endpoints).toEqual(world.alive().map((id) => `https://${id}.${DOMAIN}:2379`));
    await replaceLeader(world);
    expect(await world.etcdctl('endpoint', 'health')).not.toContain('unhealthy');
  });

  test('S64 a voter whose certificate has expired is unknown, never dead, and is mended by a new one', async ({
    stage,
  }) => {
    const world = await stage.grown(3, SECURE, { domain: DOMAIN });
    const made = world.hosts.ground?.certificates;
    if (made === undefined) throw new Error('this world has no TLS');
    const victim = world.follower();
    const put = await separate(world, victim);
    put(made.expired);
    const effects = world.effects.length;
    for (let count = 0; count < 3; count += 1) {
      world.skip(2_000);
      const report = await glance(world);
      expect(report.waits).toContainEqual(
        expect.objectContaining({ kind: 'voterSilent', instanceId: victim, because: 'untrusted' }),
      );
    }
    expect(world.effects.slice(effects).filter((name) => !/etcd.write|status|endpoints/.test(name))).toEqual(
      [],
    );
    put(made.member);
    await world.settleReal();
    await world.expectVoters(world.alive());
    expect(world.alive()).toContain(victim);
  });

  test('S65 users are switched on in a running cluster, and its leader is replaced all the same', async ({
    stage,
  }) => {
    const world = await stage.grown(3, AUTH);
    await switchUsersOn(world);
    await expect(world.etcdctl('--user', 'root:wrong', 'member', 'list')).rejects.toThrow();
    await world.settleReal();
    await replaceLeader(world);
  });
});
