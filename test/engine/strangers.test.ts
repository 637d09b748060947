import { describe, expect, test } from 'vitest';
import {
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  waitKinds,
} from '../support/story.ts';

describe('S23 a member that nobody here created', () => {
  test('a voter is reported and stays, while the others come and go', async () => {
    const world = await grown(3);
    const stranger = world.etcd.addByHand({ name: 'stranger', clientUrl: 'http://10.9.9.9:2379' });
    world.etcd.processes.set(stranger.clientUrl, {
      ...world.processOf(world.leaderName),
      memberId: stranger.id,
    });
    expect(waitKinds(await world.pass())).toEqual(['foreignMember']);
    world.terminate(world.leaderName);
    await minutes(world, 4);
    expect(world.etcd.members).toHaveLength(4);
    expect(world.etcd.members).toContain(stranger);
    expectSafe(world);
  });

  test('one that leads does not keep newcomers from voting', async () => {
    const world = await grown(3);
    const stranger = world.etcd.addByHand({ name: 'stranger', clientUrl: 'http://10.9.9.9:2379' });
    world.etcd.processes.set(stranger.clientUrl, {
      ...world.processOf(world.leaderName),
      memberId: stranger.id,
    });
    world.etcd.leaderId = stranger.id;
    world.desired = 4;
    await minutes(world, 3);
    expect(world.voters()).toHaveLength(5);
    expectSafe(world);
  });

  test('S68 a learner that an operator adds is a change in flight: nobody else joins', async () => {
    const world = await grown(3);
    world.etcd.addByHand({ isLearner: true });
    world.desired = 4;
    const report = await minutes(world, 3);
    expect(waitKinds(report)).toEqual(
      expect.arrayContaining(['foreignMember', 'foreignChange', 'joinQueued']),
    );
    expect(effectsOf(world, /etcd\.addLearner/)).toEqual([]);
    world.etcd.members = world.etcd.members.filter(({ id }) => id !== '4711');
    await world.settle();
    expectWhole(world, 4);
  });

  test('it is removed only when the configuration says so, and quorum stays', async () => {
    const world = await grown(3, { removeForeign: true });
    world.mayRemoveStrangers = true;
    world.etcd.addByHand({ name: 'stranger' });
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /etcd\.remove/)).toHaveLength(1);
  });

  test('S68 a voter that an operator removed is added again with a new ticket', async () => {
    const world = await grown(3);
    const removed = followerOf(world);
    world.etcd.members = world.etcd.members.filter(({ name }) => name !== removed);
    world.etcd.processes.delete(world.clientUrl(world.instance(removed)));
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).toContain(removed);
  });
});

describe('S34 an instance stands aside', () => {
  test.each(['Standby', 'Detaching', 'Whatever:Comes'])(
    'in %s it keeps its vote, and nobody removes it',
    async (lifecycle) => {
      const world = await grown(3);
      world.instance(followerOf(world)).lifecycle = lifecycle;
      const voters = world.voters();
      await minutes(world, 3);
      expect(world.voters()).toEqual(expect.arrayContaining([...voters]));
      expectSafe(world);
    },
  );
});
