import { afterEach, describe, expect, test } from 'vitest';
import { PATH } from '../support/fake-world.ts';
import { RealWorld } from '../support/real-world.ts';

/** The real engine and adapter on real etcd; only AWS is played. */
let world: RealWorld;

afterEach(() => world.close());

async function grown(size: number, network: string, config: object = {}): Promise<RealWorld> {
  world = await RealWorld.open(size, network, config);
  await world.settleReal();
  return world;
}

async function expectVoters(ids: readonly string[]): Promise<void> {
  const lists = await world.memberLists();
  expect(lists.size).toBe(ids.length);
  for (const list of lists.values()) {
    expect(
      list
        .filter((member) => !member.isLearner)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...ids].sort());
    expect(list).toHaveLength(ids.length);
  }
  expect((await world.clusterIds()).size).toBe(1);
}

const alive = (): readonly string[] => world.instances.filter(({ listed }) => listed).map(({ id }) => id);

describe('on real etcd', () => {
  test('S1 three instances become one cluster, whatever comes twice', async () => {
    await grown(3, '127.51.1');
    await world.settleReal();
    await expectVoters(alive());
    expect(world.effects.filter((name) => name === 'create bootstrap')).toHaveLength(1);
  });

  test('S9 leadership is moved before the leader leaves', async () => {
    await grown(3, '127.51.2');
    const leader = world.leader();
    world.terminate(leader);
    await world.settleReal();
    expect(alive()).not.toContain(leader);
    await expectVoters(alive());
    const order = world.effects.filter((name) => /moveLeader|etcd.remove|complete/.test(name));
    expect(order.indexOf('etcd.moveLeader')).toBeLessThan(order.indexOf('etcd.remove'));
  });

  test('S5 deleted parameters are rebuilt from the live members, and found no second cluster', async () => {
    await grown(3, '127.51.3');
    const ids = [...(await world.clusterIds())];
    for (const name of [...world.parameters.keys()])
      if (!name.endsWith('/config')) world.parameters.delete(name);
    await world.settleReal();
    expect([...(await world.clusterIds())]).toEqual(ids);
    expect(world.parameters.get(`${PATH}endpoints`)?.split(',')).toHaveLength(3);
    expect(JSON.parse(world.parameters.get(`${PATH}bootstrap`) ?? '{}')['clusterId']).toBe(ids[0]);
  });
});
