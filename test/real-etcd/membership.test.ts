import { describe, expect } from 'vitest';
import { PATH } from '../simulation/world/fake-world.ts';
import { test } from '../support/real-story.ts';

/** The real engine and adapter on real etcd; only AWS is played. */
describe.concurrent('on real etcd', { timeout: 120_000 }, () => {
  test('S1 three instances become one cluster, whatever comes twice', async ({ stage }) => {
    const world = await stage.grown(3);
    await world.settleReal();
    await world.expectVoters(world.alive());
    expect(world.effects.filter((name) => name === 'create bootstrap')).toHaveLength(1);
  });

  test('S9 leadership is moved before the leader leaves', async ({ stage }) => {
    const world = await stage.grown(3);
    const leader = world.leader();
    world.terminate(leader);
    await world.settleReal();
    expect(world.alive()).not.toContain(leader);
    await world.expectVoters(world.alive());
    const order = world.effects.filter((name) => /moveLeader|etcd.remove|complete/.test(name));
    expect(order.indexOf('etcd.moveLeader')).toBeLessThan(order.indexOf('etcd.remove'));
  });

  test('S5 deleted parameters are rebuilt from the live members, and found no second cluster', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const ids = [...(await world.clusterIds())];
    for (const name of [...world.parameters.keys()])
      if (!name.endsWith('/config')) world.parameters.delete(name);
    await world.settleReal();
    expect([...(await world.clusterIds())]).toEqual(ids);
    expect(world.parameters.get(`${PATH}endpoints`)?.split(',')).toHaveLength(3);
    expect(JSON.parse(world.parameters.get(`${PATH}bootstrap`) ?? '{}')['clusterId']).toBe(ids[0]);
  });
});
