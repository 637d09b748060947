import { describe, expect } from 'vitest';
import { PATH } from '../simulation/world/fake-world.ts';
import { changesOf, deedsOf, glance, glances, test } from '../support/real-story.ts';

/**
 * The autopilot decides nothing by zones; what a zone does to a group is losses and
 * launches in a certain order, and that order is played here.
 */
describe.concurrent('zones on real etcd', { timeout: 120_000 }, () => {
  test('S31 zones are rebalanced during a rotation: a launch, then a termination, each waits for its turn', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const [rotated = '', moved = ''] = world.alive();
    world.terminate(rotated); // the rotation
    await glance(world);
    world.desired = 4; // the rebalancing launches where there are too few …
    await glance(world);
    world.desired = 3; // … and ends one where there are too many
    world.terminate(moved);
    await world.settleReal();
    expect(changesOf(world).filter((name) => name === 'etcd.remove')).toHaveLength(2);
    expect(changesOf(world).filter((name) => name === 'etcd.promote')).toHaveLength(2);
    expect(world.alive()).toHaveLength(3);
    await world.expectVoters(world.alive());
  });

  test('S32 one zone of three is lost: writes go on, one member is removed, one replaces it', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    world.capacity = 2; // the other zones have no room at first
    world.vanish(world.leader());
    await world.load.more();
    await glances(world, 3);
    expect(changesOf(world)).toEqual(['etcd.remove']);
    await world.load.more();
    world.capacity = 3;
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.remove', 'etcd.addLearner', 'etcd.promote']);
    await world.expectVoters(world.alive());
  });

  test('S33 a zone with two of three is lost: nothing changes membership, and the evidence is told', async ({
    stage,
    ending,
  }) => {
    ending.is = 'quorumLost';
    const world = await stage.grown(3);
    const [first = '', second = '', survivor = ''] = world.alive();
    const lists = ['endpoints', 'peers'].map((name) => world.parameters.get(PATH + name));
    const before = deedsOf(world).length;
    world.capacity = 1; // the lost zone had the group's other instances, and gives none back
    world.vanish(first);
    world.vanish(second);
    for (const report of await glances(world, 5)) {
      const evidence = report.waits.find(({ kind }) => kind === 'quorumLost');
      const lost = { permanent: true, instanceIds: [first, second].sort(), left: [survivor], hold: 'manual' };
      expect(evidence).toMatchObject(lost);
    }
    expect(deedsOf(world)).toHaveLength(before);
    expect(['endpoints', 'peers'].map((name) => world.parameters.get(PATH + name))).toEqual(lists);
    const status = JSON.parse(world.parameters.get(`${PATH}status`) ?? '{}');
    expect(status).toMatchObject({ health: 'quorumLost', leader: null });
    expect(status.voters).toHaveLength(3);
    expect(world.isAwake(survivor)).toBe(true);
    expect(world.events.map(({ detailType }) => detailType)).toContain('Quorum Lost');
  });
});
