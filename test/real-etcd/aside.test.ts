import { describe, expect } from 'vitest';
import { PATH } from '../simulation/world/fake-world.ts';
import { changesOf, glance, glances, kindsOf, test } from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';

const REPLACED = ['etcd.addLearner', 'etcd.promote', 'etcd.remove'];

/** Starts a machine for the warm pool; nothing but its state tells it from one for the group. */
function launchWarm(world: RealWorld, lifecycle: string): string {
  const warm = world.launch();
  warm.lifecycle = lifecycle;
  return warm.id;
}

async function voterNames(world: RealWorld): Promise<readonly string[]> {
  const [list = []] = [...(await world.memberLists()).values()];
  return list.filter((member) => !member.isLearner).map(({ name }) => name);
}

describe.concurrent('instances that are not simply in service, on real etcd', { timeout: 120_000 }, () => {
  test('S34 a voter in standby is kept and published while it answers, however long', async ({ stage }) => {
    const world = await stage.grown(3);
    const standby = world.follower();
    world.instance(standby).lifecycle = 'Standby'; // its group launches another one, as it does unless told not to
    await world.settleReal();
    await glances(world, 3);
    expect(changesOf(world)).toEqual(['etcd.addLearner', 'etcd.promote']);
    expect(await voterNames(world)).toContain(standby);
    expect(world.parameters.get(`${PATH}endpoints`)).toContain(world.etcdOf(standby).clientUrl);
    expect(world.effects).not.toContain('report unhealthy');
  });

  test('S34 a voter that is detached is kept while its machine runs, and removed when that is terminated', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const detached = world.instance(world.follower());
    detached.listed = false;
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.addLearner', 'etcd.promote']);
    expect(await voterNames(world)).toContain(detached.id);
    world.vanish(detached.id);
    await world.settleReal();
    expect(changesOf(world)).toEqual(REPLACED);
    await world.expectVoters(world.alive());
  });

  test('S35 a founding while the warm pool is filled: warm instances are no founders, and their hooks are answered', async ({
    stage,
  }) => {
    const world = await stage.open(3);
    const warming = launchWarm(world, 'Warmed:Pending:Wait');
    const stopped = launchWarm(world, 'Warmed:Stopped');
    await world.settleReal();
    const members = world.alive().filter((id) => id !== warming && id !== stopped);
    expect(members).toHaveLength(3);
    await world.expectVoters(members);
    expect(world.instance(warming).lifecycle).toBe('Warmed:Stopped');
    expect(world.parameters.has(`${PATH}members/${warming}`)).toBe(false);
    expect(world.parameters.has(`${PATH}members/${stopped}`)).toBe(false);
  });

  test('S35 an instance leaves the warm pool for the group, and only then joins', async ({ stage }) => {
    const world = await stage.grown(3);
    const warm = launchWarm(world, 'Warmed:Pending:Wait');
    await world.settleReal();
    expect(changesOf(world)).toEqual([]);
    expect(world.parameters.has(`${PATH}members/${warm}`)).toBe(false);
    expect(world.instance(warm).lifecycle).toBe('Warmed:Stopped');
    world.desired = 4;
    world.instance(warm).lifecycle = 'Pending:Wait';
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.addLearner', 'etcd.promote']);
    expect(world.instance(warm).lifecycle).toBe('InService');
    await world.expectVoters(world.alive());
  });

  test('S35 a voter returns to the warm pool: it leaves the cluster before its hook is answered', async ({
    stage,
  }) => {
    const world = await stage.grown(4);
    const back = world.leader();
    world.desired = 3;
    world.instance(back).lifecycle = 'Warmed:Pending:Wait';
    await world.settleReal();
    expect(changesOf(world)).toContain('etcd.remove');
    expect(world.instance(back).lifecycle).toBe('Warmed:Stopped');
    expect(world.heartbeats).toContain(back);
    expect([...(await voterNames(world))].sort()).toEqual(world.alive().filter((id) => id !== back));
  });

  test('S35 a voter was stopped in the warm pool and no hook ran: it is removed, and its return is a join', async ({
    stage,
  }) => {
    const world = await stage.grown(4);
    const back = world.follower();
    const before = changesOf(world).length;
    world.desired = 3;
    await world.etcdOf(back).kill();
    world.instance(back).lifecycle = 'Warmed:Stopped';
    await world.settleReal();
    expect(changesOf(world).slice(before)).toEqual(['etcd.remove']);
    world.desired = 4;
    world.instance(back).lifecycle = 'Pending:Wait';
    world.stopEtcdOf(back);
    await world.settleReal();
    expect(changesOf(world).slice(before)).toEqual(['etcd.remove', 'etcd.addLearner', 'etcd.promote']);
    await world.expectVoters(world.alive());
  });

  test('S36 a spot interruption or a retirement is announced: the voter leaves through its hook while it answers', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    for (const ending of ['spotInterruption', 'retirement'] as const) {
      const victim = world.instance(ending === 'retirement' ? world.leader() : world.follower());
      victim.ending = ending;
      await world.settleReal();
      expect(victim.health).toBe('Unhealthy');
      expect(victim.terminatingAtMs).not.toBeNull();
      expect(world.alive()).not.toContain(victim.id);
      await world.expectVoters(world.alive());
    }
    expect(changesOf(world)).toEqual([...REPLACED, ...REPLACED]);
    expect(world.effects.filter((name) => name === 'report unhealthy')).toHaveLength(2);
  });

  test('a retained instance votes until its replacement does, is removed then, and told of until it is terminated', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const retained = world.instance(world.leader());
    retained.lifecycle = 'Terminating:Retained';
    world.capacity = 2;
    for (const report of await glances(world, 5)) expect(kindsOf(report)).toContain('instanceRetained');
    expect(changesOf(world)).toEqual([]);
    expect(await voterNames(world)).toContain(retained.id);

    world.capacity = 3;
    const isDone = () => changesOf(world).length === REPLACED.length;
    for (let count = 0; count < 10 && !isDone(); count += 1) await glance(world);
    expect(changesOf(world)).toEqual(REPLACED);
    expect(world.effects).toContain('etcd.moveLeader');
    const rest = world.alive().filter((id) => id !== retained.id);
    expect([...(await voterNames(world))].sort()).toEqual([...rest].sort());
    expect(kindsOf(await glance(world))).toEqual(['instanceRetained']);

    world.vanish(retained.id);
    await world.settleReal();
    await world.expectVoters(rest);
  });

  test('a retained instance whose etcd stays silent for its grace is removed before anybody joins', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const retained = world.instance(world.follower());
    await world.etcdOf(retained.id).kill();
    retained.lifecycle = 'Terminating:Retained';
    await glances(world, 4);
    expect(changesOf(world)).toEqual([]);
    for (let count = 0; count < 10 && changesOf(world).length < 3; count += 1) await glances(world, 1);
    expect(changesOf(world)).toEqual(['etcd.remove', 'etcd.addLearner', 'etcd.promote']);
  });
});
