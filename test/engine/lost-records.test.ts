import { describe, expect, test } from 'vitest';
import { Random } from '../simulation/history/random.ts';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { expectWhole, grown, listNames, minutes, snapshot, waitKinds } from '../support/story.ts';

const claimOf = (world: FakeWorld) => JSON.parse(world.parameters.get(`${PATH}bootstrap`) ?? '{}');

describe('S5 parameters are deleted by hand while the cluster lives', () => {
  const NAMES = ['bootstrap', 'endpoints', 'peers', 'status', 'members/'];

  test.each([...NAMES, ''])(
    '"%s": rebuilt from the members that answer, never a second cluster',
    async (part) => {
      const world = await grown(3);
      const before = world.etcd.clusterId;
      const config = world.parameters.get(`${PATH}config`) ?? '';
      for (const name of world.parameters.keys()) {
        if (name.startsWith(PATH + part)) world.parameters.delete(name);
      }
      world.parameters.set(`${PATH}config`, config);
      await world.settle();
      expectWhole(world, 3);
      expect(world.etcd.clusterId).toBe(before);
      expect(claimOf(world)).toMatchObject({ number: 1, clusterId: before });
      for (const name of ['endpoints', 'peers', 'status'])
        expect(world.parameters.has(PATH + name)).toBe(true);
    },
  );

  test('all of them while no voter answers: no cluster is founded', async () => {
    const world = await grown(3);
    for (const id of world.voters()) world.processOf(id).up = false;
    for (const name of world.parameters.keys()) if (!name.endsWith('config')) world.parameters.delete(name);
    const before = snapshot(world);
    expect(waitKinds(await minutes(world, 3))).toEqual(['formerCluster']);
    expect(snapshot(world)).toEqual(before);
  });

  test('even the tag too, and no voter answers: instances in service are never founders', async () => {
    const world = await grown(3);
    for (const id of world.voters()) world.processOf(id).up = false;
    for (const name of world.parameters.keys()) if (!name.endsWith('config')) world.parameters.delete(name);
    world.tags.delete('etcd-autopilot:bootstrapped');
    const before = snapshot(world);
    expect(waitKinds(await minutes(world, 3))).toEqual(['notAllWaiting']);
    expect(snapshot(world)).toEqual(before);
  });

  test.each(['token', 'members'])(
    'a claim whose %s no ticket could carry is rebuilt, and the next one joins',
    async (field) => {
      const world = await grown(3);
      const members = { [world.voters()[0] ?? '']: 'http://10.0.0.1:2380 ' };
      const text = JSON.stringify({ ...claimOf(world), [field]: field === 'token' ? 'a b' : members });
      world.parameters.set(`${PATH}bootstrap`, text);
      world.vanish(world.voters()[1] ?? '');
      await world.settle();
      expectWhole(world, 3);
      expect(claimOf(world)).toMatchObject({ number: 1, clusterId: world.etcd.clusterId });
    },
  );

  test('a claim that an old answer of Parameter Store leaves out is never written over', async () => {
    const world = new FakeWorld(3);
    const old = { seconds: 3_600, random: new Random(1) };
    world.replicas.parameters.lag = { ...old, chance: 0 };
    await world.settle();
    const before = claimOf(world);
    // Whoever leaves is given no ticket, so the claim is what is written first.
    for (const { id } of world.instances) world.terminate(id);
    world.replicas.parameters.lag = { ...old, chance: 1 };
    const { steps } = await world.pass();
    expect(steps.map(({ action }) => action)).toContainEqual(expect.objectContaining({ because: 'rebuilt' }));
    expect(claimOf(world)).toEqual(before);
    expect(world.etcd.violations).toEqual([]);
  });

  test('a claim that cannot be read is not taken for none', async () => {
    const world = await grown(3);
    for (const id of world.voters()) world.processOf(id).up = false;
    world.parameters.set(`${PATH}bootstrap`, '{"number":0}');
    const before = snapshot(world);
    expect(waitKinds(await minutes(world, 2))).toEqual(['recordUnreadable']);
    expect(snapshot(world)).toEqual(before);
  });
});

describe('S7 another cluster id shows among the instances', () => {
  test('everything stands still, heartbeats go on', async () => {
    const world = await grown(3);
    world.desired = 4;
    world.tick();
    const stranger = world.instances[3];
    if (stranger === undefined) throw new Error('no fourth instance');
    world.etcd.runStranger(world.clientUrl(stranger), '666');
    const before = snapshot(world);
    const report = await minutes(world, 3);
    expect(report.waits[0]).toEqual({
      kind: 'foreignCluster',
      expected: world.etcd.clusterId,
      seen: [world.etcd.clusterId, '666'].sort(),
    });
    expect(snapshot(world)).toEqual(before);
    expect(world.heartbeats.filter((id) => id === stranger.id)).toHaveLength(3);
  });

  test('an etcd in a group that nobody bootstrapped is not adopted', async () => {
    const world = new FakeWorld(1);
    world.tick();
    const [only] = world.instances;
    if (only === undefined) throw new Error('no instance');
    world.etcd.runStranger(world.clientUrl(only), '666');
    expect(waitKinds(await world.pass())).toEqual(['foreignCluster']);
    expect(world.effects).toEqual([]);
    expect(listNames(world, 'members/')).toEqual([]);
  });
});

describe('a member whose address was changed by hand to one that no ticket can carry', () => {
  test.each(['bootstrap', 'members/', ''])(
    'has "%s" rebuilt once, and no pass ends in an error',
    async (part) => {
      const world = await grown(3);
      const [member] = world.etcd.members;
      if (member === undefined) throw new Error('nobody is there');
      member.peerUrl = 'http://[fd00::5]:2380';
      const config = world.parameters.get(`${PATH}config`) ?? '';
      for (const name of world.parameters.keys())
        if (name.startsWith(PATH + part)) world.parameters.delete(name);
      world.parameters.set(`${PATH}config`, config);
      expect((await minutes(world, 2)).outcome).toBe('settled');
      expect((await minutes(world, 1)).steps).toEqual([]);
      expect(listNames(world, 'members/')).toEqual(world.voters());
    },
  );
});
