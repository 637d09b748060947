import { describe, expect } from 'vitest';
import { PATH } from '../simulation/world/fake-world.ts';
import { changesOf, deedsOf, glance, glances, kindsOf, test } from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';

/** Sizes of the voters after each change, from a cluster of `size` on. */
function sizesOf(world: RealWorld, size: number): readonly number[] {
  let voters = size;
  return changesOf(world).flatMap((name) => {
    if (name === 'etcd.addLearner') return [];
    voters += name === 'etcd.promote' ? 1 : -1;
    return [voters];
  });
}

const healthOf = (world: RealWorld): unknown =>
  JSON.parse(world.parameters.get(`${PATH}status`) ?? '{}').health;

describe.concurrent('replacements on real etcd', { timeout: 120_000 }, () => {
  test.for([0, 10, 30])(
    'S11 the second of three is terminated %i s after the first: held until the first replacement votes',
    async (seconds, { stage }) => {
      const world = await stage.grown(3);
      const [first = '', second = ''] = world.alive();
      world.terminate(first);
      if (seconds > 0) {
        await glance(world);
        world.skip(seconds);
      }
      world.terminate(second);
      await world.settleReal();
      expect(world.alive()).toHaveLength(3);
      await world.expectVoters(world.alive());
      expect(Math.min(...sizesOf(world, 3))).toBe(3);
      expect(world.heartbeats).toContain(second);
    },
  );

  test('S11 the second of three vanishes after the first, and no hook ran: quorum is lost, and nothing changes membership', async ({
    stage,
    ending,
  }) => {
    ending.is = 'quorumLost';
    const world = await stage.grown(3);
    const [first = '', second = ''] = world.alive();
    const before = { deeds: deedsOf(world).length, endpoints: world.parameters.get(`${PATH}endpoints`) };
    world.vanish(first);
    world.vanish(second);
    for (const report of await glances(world, 5)) expect(kindsOf(report)).toContain('quorumLost');
    expect(deedsOf(world)).toHaveLength(before.deeds);
    expect(world.parameters.get(`${PATH}endpoints`)).toBe(before.endpoints);
    expect(healthOf(world)).toBe('quorumLost');
    const newcomers = world.instances.slice(3);
    expect(newcomers.map(({ lifecycle }) => lifecycle)).toEqual(['Pending:Wait', 'Pending:Wait']);
    for (const { id } of newcomers) expect(world.heartbeats).toContain(id);
  });

  test('S12 two of five vanish together: removed one at a time, replaced by one learner at a time', async ({
    stage,
  }) => {
    const world = await stage.grown(5);
    const [first = '', second = ''] = world.alive();
    world.vanish(first);
    world.vanish(second);
    await world.settleReal();
    expect(changesOf(world)).toEqual([
      'etcd.remove',
      'etcd.remove',
      ...['etcd.addLearner', 'etcd.promote', 'etcd.addLearner', 'etcd.promote'],
    ]);
    expect(world.alive()).toHaveLength(5);
    await world.expectVoters(world.alive());
  });

  test('S13 replacements never start etcd: each is given up after its grace, ever more rarely, and the voters stay', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.follower();
    world.imageBoots = false;
    world.realMsOfSecond = 100;
    world.vanish(victim);
    const stayed = world.alive();
    const reports = await glances(world, 60);

    expect(reports.flatMap(kindsOf)).toEqual(expect.arrayContaining(['memberStarting', 'joinsPaused']));
    const added = changesOf(world).filter((name) => name === 'etcd.addLearner');
    expect(added.length).toBeGreaterThanOrEqual(2);
    expect(added.length).toBeLessThanOrEqual(6);
    expect(changesOf(world)).not.toContain('etcd.promote');
    expect(world.effects).toContain('complete ABANDON');
    const lists = [...(await world.memberLists()).values()];
    for (const list of lists)
      expect(
        list
          .filter((one) => !one.isLearner)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(stayed);

    world.imageBoots = true;
    world.realMsOfSecond = 1_000;
    for (const instance of world.instances) instance.boots = true;
    world.skip(6 * 3_600);
    await world.settleReal();
    await world.expectVoters(world.alive());
    expect(world.alive()).toHaveLength(3);
  });

  test('S16 a new instance has the address of a dead member: that one is removed first, then it joins under its own name', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.follower();
    const { address } = world.instance(victim);
    world.addresses.push(address);
    world.vanish(victim);
    await world.settleReal();
    const heir = world.instances.at(-1);
    expect(heir?.address).toBe(address);
    expect(heir?.id).not.toBe(victim);
    expect(changesOf(world)).toEqual(['etcd.remove', 'etcd.addLearner', 'etcd.promote']);
    await world.expectVoters(world.alive());
    expect(world.etcdOf(heir?.id ?? '').log).not.toContain('ID mismatch');
  });

  test('S16 a new instance has the address of a member that is not known to be dead: it waits until EC2 says so', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.instance(world.follower());
    await world.etcdOf(victim.id).kill();
    world.addresses.push(victim.address);
    victim.listed = false;
    for (const report of await glances(world, 3)) {
      expect(kindsOf(report)).toEqual(expect.arrayContaining(['evidenceMissing', 'addressTaken']));
    }
    expect(changesOf(world)).toEqual([]);
    world.vanish(victim.id);
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.remove', 'etcd.addLearner', 'etcd.promote']);
    await world.expectVoters(world.alive());
  });
});
