import { describe, expect, test } from 'vitest';
import { Random } from '../simulation/history/random.ts';
import { FakeWorld, Killed, PATH } from '../simulation/world/fake-world.ts';
import {
  effectsOf,
  expectSafe,
  expectWhole,
  grown,
  minutes,
  seconds,
  snapshot,
  waitKinds,
} from '../support/story.ts';

const claimOf = (world: FakeWorld) => JSON.parse(world.parameters.get(`${PATH}bootstrap`) ?? '{}');

describe('S1 instances launch, and their events come in any order and twice', () => {
  test.each([1, 3, 5, 7])('%i of them become one cluster', async (size) => {
    const world = await grown(size);
    expect(world.tags.get('etcd-autopilot:bootstrapped')).toBe('1');
    expect(claimOf(world)).toMatchObject({ number: 1, clusterId: world.etcd.clusterId });
    expect(effectsOf(world, /^create bootstrap$/)).toHaveLength(1);
  });

  test('a founding ticket is never written again, though Parameter Store shows how it was before', async () => {
    const world = new FakeWorld(3);
    world.replicas.parameters.lag = { seconds: 10, chance: 0.7, random: new Random(1) };
    await minutes(world, 5);
    const founding = effectsOf(world, /^create members/);
    expect(founding).toHaveLength(3);
    expect(new Set(founding).size).toBe(3);
    world.replicas.parameters.catchUp();
    await world.settle();
    expectWhole(world, 3);
  });

  test('further passes between and after change nothing more', async () => {
    const world = new FakeWorld(3);
    world.tick();
    for (let count = 0; count < 12; count += 1) await world.pass();
    expectWhole(world, 3);
    const before = snapshot(world);
    for (let count = 0; count < 5; count += 1) expect((await world.pass()).outcome).toBe('settled');
    expect(snapshot(world)).toEqual(before);
  });

  test('nothing is claimed while one of them is not in its launch hook yet', async () => {
    const world = new FakeWorld(3);
    world.tick();
    for (const instance of world.instances) instance.lifecycle = 'Pending';
    const report = await world.pass();
    expect(waitKinds(report)).toEqual(['instancesMissing']);
    expect(world.effects).toEqual([]);
  });

  test('nothing is claimed where an instance went past its hook, for it may hold data', async () => {
    const world = new FakeWorld(3);
    world.tick();
    world.instance(world.instances[0]?.id ?? '').lifecycle = 'InService';
    expect(waitKinds(await world.pass())).toEqual(['notAllWaiting']);
    expect(world.effects).toEqual([]);
  });
});

describe('S2 one zone has no capacity', () => {
  test('a quorum founds the cluster when the grace is over, and the third joins later', async () => {
    const world = new FakeWorld(3);
    world.capacity = 2;
    expect(waitKinds(await minutes(world, 2))).toEqual(['instancesMissing']);
    expect(world.effects).toEqual([]);
    seconds(world, 300);
    await minutes(world, 2);
    expect(world.voters()).toHaveLength(2);
    world.capacity = 3;
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /addLearner/)).toHaveLength(1);
  });

  test('less than a quorum founds nothing, however long it waits', async () => {
    const world = new FakeWorld(3);
    world.capacity = 1;
    await minutes(world, 12);
    expect(world.effects).toEqual([]);
  });

  test('an instance without an address does not keep the others waiting beyond the grace', async () => {
    const world = new FakeWorld(3);
    world.tick();
    const late = world.instances[2]?.id ?? '';
    world.addressless.add(late);
    expect(waitKinds(await world.pass())).toEqual(['instancesMissing']);
    seconds(world, 300);
    await minutes(world, 2);
    expect(world.voters()).toHaveLength(2);
    world.addressless.clear();
    await world.settle();
    expectWhole(world, 3);
  });
});

test('S3 a function that dies after the claim is followed by one that keeps it', async () => {
  const world = new FakeWorld(3);
  world.tick();
  world.killAfter = 1;
  await expect(world.pass()).rejects.toThrow(Killed);
  const claim = claimOf(world);
  await world.settle();
  expectWhole(world, 3);
  expect(claimOf(world)).toEqual({ ...claim, clusterId: world.etcd.clusterId });
});

describe('S4 founders die before etcd starts', () => {
  test('one of three: the others form the cluster of the claim, and it is replaced', async () => {
    const world = new FakeWorld(3);
    world.tick();
    const first = world.instances[0]?.id ?? '';
    world.instance(first).boots = false;
    await world.pass();
    expect(world.voters()).toHaveLength(3);
    world.vanish(first);
    await world.settle();
    expectWhole(world, 3);
    expect(claimOf(world)).toMatchObject({ number: 1 });
    expect(Object.keys(claimOf(world).members)).toContain(first);
  });

  test('two of three: all are abandoned, and the next claim waits until all are terminated', async () => {
    const world = new FakeWorld(3);
    world.tick();
    for (const instance of world.instances) instance.boots = false;
    await world.pass();
    const claim = claimOf(world);
    const founders = Object.keys(claim.members);
    world.vanish(founders[0] ?? '');
    world.vanish(founders[1] ?? '');
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /ABANDON/)).toHaveLength(1);
    expect(claimOf(world).number).toBe(2);
    expect(claimOf(world).token).not.toBe(claim.token);
    expect(world.tags.get('etcd-autopilot:bootstrapped')).toBe('2');
  });

  /** The first claim has failed: the next one is due. */
  async function failed(): Promise<FakeWorld> {
    const world = new FakeWorld(3);
    world.tick();
    for (const instance of world.instances) instance.boots = false;
    await world.pass();
    for (const id of Object.keys(claimOf(world).members).slice(0, 2)) world.vanish(id);
    return world;
  }
  const nextClaimOf = (world: FakeWorld) => JSON.parse(world.parameters.get(`${PATH}claims/2`) ?? 'null');

  test('the next claim that a killed function had made is the one that stands', async () => {
    const world = await failed();
    world.killOn = /create claims/;
    await expect(minutes(world, 3)).rejects.toThrow(Killed);
    const made = nextClaimOf(world);
    expect(made).toMatchObject({ number: 2, token: expect.any(String) });
    await minutes(world, 3);
    expect(claimOf(world)).toMatchObject({ token: made.token, members: made.members });
    await world.settle();
    expectWhole(world, 3);
  });

  test('the next claim is made once, whatever Parameter Store tells of the time before', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const world = await failed();
      world.replicas.parameters.lag = { seconds: 10, chance: 0.7, random: new Random(seed) };
      await minutes(world, 3);
      world.replicas.parameters.catchUp();
      await world.settle();
      expectWhole(world, 3);
      expect(claimOf(world), `${seed}`).toEqual({ ...nextClaimOf(world), clusterId: world.etcd.clusterId });
    }
  });

  test('a founder that EC2 does not know is not taken for terminated', async () => {
    const world = new FakeWorld(3);
    world.tick();
    for (const instance of world.instances) instance.boots = false;
    await world.pass();
    const founders = Object.keys(claimOf(world).members);
    for (const id of founders) world.vanish(id);
    world.forgotten.add(founders[2] ?? '');
    const report = await minutes(world, 5);
    expect(waitKinds(report)).toContain('claimFailed');
    expect(claimOf(world).number).toBe(1);
    expectSafe(world);
  });

  test('a founder that never starts is abandoned when its grace is over, and replaced', async () => {
    const world = new FakeWorld(3);
    world.tick();
    const stuck = world.instances[2]?.id ?? '';
    world.instance(stuck).boots = false;
    await minutes(world, 2);
    expect(world.instance(stuck).lifecycle).toBe('Pending:Wait');
    await minutes(world, 6);
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(stuck);
  });

  test('a founder that leaves is kept where an etcd shows itself: the cluster may have formed', async () => {
    const world = new FakeWorld(3);
    world.tick();
    const leaver = world.instances[2]?.id ?? '';
    world.killOn = new RegExp(`^create members/${leaver}$`);
    await expect(world.pass()).rejects.toBeInstanceOf(Killed);
    seconds(world, 30);
    for (const process of world.etcd.processes.values()) process.errors = ['memberID:1 alarm:NOSPACE'];
    world.terminate(leaver);
    await minutes(world, 3);
    expect(world.instance(leaver).lifecycle).toBe('Terminating:Wait');
    for (const process of world.etcd.processes.values()) process.errors = [];
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(leaver);
  });

  test('founders that never start do not keep the function busy: the schedule looks after them', async () => {
    const world = new FakeWorld(3);
    world.tick();
    for (const instance of world.instances) instance.boots = false;
    expect((await world.pass()).progressing).toBe(true);
    seconds(world, 60);
    const report = await world.pass();
    expect(waitKinds(report)).toContain('clusterForming');
    expect(report.progressing).toBe(false);
  });
});
