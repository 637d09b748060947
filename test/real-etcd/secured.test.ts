import { describe, expect } from 'vitest';
import { PATH } from '../support/fake-world.ts';
import { test } from '../support/real-story.ts';
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

describe('on real etcd, secured', () => {
  test('a cluster with TLS on all ports is founded, and its leader replaced', async ({ stage }) => {
    const world = await stage.grown(3, SECURE, { domain: DOMAIN });
    const endpoints = world.parameters.get(`${PATH}endpoints`)?.split(',') ?? [];
    expect(endpoints).toEqual(world.alive().map((id) => `https://${id}.${DOMAIN}:2379`));
    await replaceLeader(world);
    expect(await world.etcdctl('endpoint', 'health')).not.toContain('unhealthy');
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
