import { describe, expect } from 'vitest';
import { decodeClaim } from '../../functions/core/claim.ts';
import { PATH } from '../simulation/world/fake-world.ts';
import { EtcdProcess } from '../support/etcd-process.ts';
import { deedsOf, glance, glances, kindsOf, test } from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';

const claimOf = (world: RealWorld) => decodeClaim(world.parameters.get(`${PATH}bootstrap`) ?? '');
const foundings = (world: RealWorld) => world.effects.filter((name) => name === 'create bootstrap');

/** Another cluster than the autopilot's starts on this machine, in place of its own etcd. */
async function startStranger(world: RealWorld, id: string): Promise<void> {
  await world.etcdOf(id).kill();
  const { address, binDir, name } = world.etcdOf(id).settings;
  const stranger = new EtcdProcess({
    name,
    address,
    binDir,
    dir: world.hosts.folder(id, 'stranger'),
    initialCluster: `${name}=http://${address}:2380`,
    initialState: 'new',
    token: 'somebody-elses',
  });
  await stranger.start();
  await stranger.ready();
  world.hosts.putStranger(id, stranger);
}

describe.concurrent('a founding on real etcd', { timeout: 120_000 }, () => {
  test('S2 two of three instances launch: a quorum founds the cluster after its grace, the third joins it', async ({
    stage,
  }) => {
    const world = await stage.open(3);
    world.capacity = 2;
    const early = await glances(world, 5);
    for (const report of early) expect(kindsOf(report)).toEqual(['instancesMissing']);
    expect(deedsOf(world)).toEqual([]);

    await world.settleReal();
    const founders = world.alive();
    expect(founders).toHaveLength(2);
    await world.expectVoters(founders);

    world.capacity = 3;
    await world.settleReal();
    expect(world.alive()).toHaveLength(3);
    await world.expectVoters(world.alive());
    expect(world.effects.filter((name) => name === 'etcd.addLearner')).toHaveLength(1);
    expect(foundings(world)).toHaveLength(1);
    expect(claimOf(world)?.number).toBe(1);
  });

  test('S4 one founder dies before its etcd starts: the others are a majority, it is removed and replaced', async ({
    stage,
  }) => {
    const world = await stage.open(3);
    world.tick();
    const [victim = ''] = world.alive();
    world.instance(victim).boots = false;
    await glance(world);
    const first = claimOf(world);
    expect(Object.keys(first?.members ?? {})).toContain(victim);
    world.vanish(victim);
    await world.settleReal();
    await world.expectVoters(world.alive());
    expect(claimOf(world)?.token).toBe(first?.token);
    expect(foundings(world)).toHaveLength(1);
  });

  test('S4 two founders die before etcd starts: the claim is given up, the next one follows when all are terminated', async ({
    stage,
  }) => {
    const world = await stage.open(3);
    world.tick();
    const [survivor = '', ...victims] = world.alive();
    for (const id of victims) world.instance(id).boots = false;
    await glance(world); // the survivor's etcd runs now, and waits for the others
    const first = claimOf(world);
    for (let count = 0; count < 3 && !world.isAwake(survivor); count += 1) await glance(world);
    expect(world.isAwake(survivor)).toBe(true);
    for (const id of victims) world.vanish(id);

    const report = await glance(world);
    expect(kindsOf(report)).toContain('claimFailed');
    expect(claimOf(world)).toEqual(first);
    await world.settleReal();

    const second = claimOf(world);
    expect(second?.number).toBe(2);
    expect(second?.token).not.toBe(first?.token);
    expect(world.instance(survivor).state).toBe('terminated');
    expect(Object.keys(second?.members ?? {})).not.toContain(survivor);
    await world.expectVoters(world.alive());
    expect([...(await world.clusterIds())]).toEqual([second?.clusterId]);
  });

  test('S7 a second cluster among the instances: nothing is changed, published or let go, heartbeats go on', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const [victim = '', leaver = ''] = world.alive();
    await startStranger(world, victim);
    world.terminate(leaver);
    world.desired = 2;
    const before = world.effects.length;
    world.heartbeats.length = 0;
    const lists = ['endpoints', 'peers', 'bootstrap'].map((name) => world.parameters.get(PATH + name));

    for (const report of await glances(world, 10)) expect(kindsOf(report)).toContain('foreignCluster');
    expect(world.effects).toHaveLength(before);
    expect(world.heartbeats).toEqual(Array(10).fill(leaver));
    expect(['endpoints', 'peers', 'bootstrap'].map((name) => world.parameters.get(PATH + name))).toEqual(
      lists,
    );
    expect((await world.clusterIds()).size).toBe(2);

    await world.etcdOf(victim).kill(); // an operator ends it, and the autopilot goes on
    const report = await glance(world);
    expect(kindsOf(report)).not.toContain('foreignCluster');
  });
});
