import { describe, expect } from 'vitest';
import { changesOf, glance, kindsOf, test } from '../support/real-story.ts';

const ADD = ['etcd.addLearner', 'etcd.promote'];

describe.concurrent('scaling on real etcd', { timeout: 120_000 }, () => {
  test('S27 three to five in one step: one learner at a time, nobody leaves', async ({ stage }) => {
    const world = await stage.grown(3);
    const before = world.alive();
    world.desired = 5;
    const report = await glance(world);
    expect(kindsOf(report)).toContain('joinQueued');
    await world.settleReal();
    expect(changesOf(world)).toEqual([...ADD, ...ADD]);
    expect(world.alive()).toHaveLength(5);
    expect(world.alive()).toEqual(expect.arrayContaining([...before]));
    await world.expectVoters(world.alive());
  });

  test('S28 five to three in one step: the leaver that leads hands over first, and one leaves at a time', async ({
    stage,
  }) => {
    const world = await stage.grown(5);
    const leader = world.leader();
    const other = world.follower();
    world.desired = 3;
    world.terminate(leader);
    world.terminate(other);
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.remove', 'etcd.remove']);
    const order = world.effects.filter((name) => /moveLeader|etcd.remove|complete/.test(name)).slice(5);
    expect(order.lastIndexOf('etcd.moveLeader')).toBeLessThan(order.lastIndexOf('etcd.remove'));
    expect(order.filter((name) => name === 'etcd.moveLeader')).toHaveLength(1);
    expect(order.filter((name) => name === 'complete CONTINUE')).toHaveLength(2);
    expect(world.alive()).toHaveLength(3);
    expect(world.alive()).not.toContain(leader);
    expect(world.alive()).not.toContain(other);
    await world.expectVoters(world.alive());
  });
});
