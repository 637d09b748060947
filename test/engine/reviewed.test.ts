import { describe, expect, test } from 'vitest';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import {
  denied,
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  seconds,
  setConfig,
  throttled,
  waitKinds,
} from '../support/story.ts';

const REPORTS = /report unhealthy|end instance/;

/** A follower that fell silent in this way. */
async function silenced(change: Partial<ReturnType<FakeWorld['processOf']>>, size = 3) {
  const world = await grown(size);
  const id = followerOf(world);
  Object.assign(world.processOf(id), change);
  return { world, id };
}

describe('time counts towards the grace of a silence only while somebody sees that very silence', () => {
  test('not the time of a denial: a restart after it has its whole grace', async () => {
    const { world, id } = await silenced({ denies: true });
    await minutes(world, 60);
    Object.assign(world.processOf(id), { denies: false, up: false });
    await minutes(world, 10);
    expect(effectsOf(world, REPORTS)).toEqual([]);
  });

  test('not the time in which every look failed', async () => {
    const { world } = await silenced({ frozen: true });
    await minutes(world, 2);
    world.failing.set('scaling.listGroups', denied);
    await minutes(world, 60);
    world.failing.clear();
    await minutes(world, 3);
    expect(effectsOf(world, REPORTS)).toEqual([]);
  });

  test('not the time of a freeze', async () => {
    const { world } = await silenced({ frozen: true });
    await minutes(world, 2);
    setConfig(world, { frozen: true });
    await minutes(world, 60);
    setConfig(world, { frozen: false });
    await minutes(world, 3);
    expect(effectsOf(world, REPORTS)).toEqual([]);
  });

  test('not the time in standby', async () => {
    const { world, id } = await silenced({ frozen: true });
    world.instance(id).lifecycle = 'Standby';
    await minutes(world, 60);
    world.instance(id).lifecycle = 'InService';
    await minutes(world, 3);
    expect(effectsOf(world, REPORTS)).toEqual([]);
  });
});

test('a slow look does not make two counts of the leader seem far apart', async () => {
  const world = await grown(3);
  world.etcd.unreachable.add(world.clientUrl(world.instance(followerOf(world))));
  world.interfere = (call) => {
    if (call === 'machines.endings') seconds(world, 8);
  };
  await minutes(world, 20);
  expect(effectsOf(world, REPORTS)).toEqual([]);
  expectSafe(world);
});

describe('nobody waits for somebody who waits for him', () => {
  // To 3.4 whoever is frozen is lost soon, and nobody is added; later releases add a learner beside him.
  test.each(['3.4.23', '3.5.33'])(
    'two silent voters of five that their group calls unhealthy, and launches first: etcd %s',
    async (version) => {
      const world = await grown(5);
      world.etcd.version = version;
      world.launchesFirst = true;
      const silent = world.voters().filter((voter) => voter !== world.leaderName);
      for (const id of silent.slice(0, 2)) {
        world.processOf(id).frozen = true;
        world.instance(id).health = 'Unhealthy';
      }
      await minutes(world, 15);
      await world.settle();
      expectWhole(world, 5);
    },
  );

  test('a silent voter, and another one whose machine ends', async () => {
    const { world, id } = await silenced({ frozen: true });
    world.launchesFirst = true;
    const ending = world.voters().find((voter) => voter !== id && voter !== world.leaderName) ?? '';
    world.instance(ending).ending = 'spotInterruption';
    await minutes(world, 15);
    await world.settle();
    expectWhole(world, 3);
  });

  test.each([4, 5])('one silent voter of %i whose etcd adds only with all voters connected', async (size) => {
    const { world } = await silenced({ frozen: true }, size);
    world.launchesFirst = true;
    await minutes(world, 15);
    await world.settle();
    expectWhole(world, size);
  });

  test('a voter that falls silent before its launch hook is answered', async () => {
    const world = await grown(3);
    world.failing.set('scaling.complete', throttled);
    world.desired = 4;
    await minutes(world, 1);
    const newcomer = world.instances.at(-1)?.id ?? '';
    expect(world.voters()).toContain(newcomer);
    world.processOf(newcomer).frozen = true;
    world.failing.clear();
    await minutes(world, 12);
    await world.settle();
    expectWhole(world, 4);
    expect(world.voters()).not.toContain(newcomer);
  });
});

describe('what others say of an instance', () => {
  test('an unhealthy voter that its group keeps is not ended for a moment of silence', async () => {
    const { world, id } = await silenced({});
    world.launchesFirst = true;
    world.capacity = 3;
    world.instance(id).health = 'Unhealthy';
    await minutes(world, 2);
    world.capacity = Number.POSITIVE_INFINITY;
    world.imageBoots = false;
    world.tick();
    world.processOf(id).frozen = true;
    await world.pass({ seconds: 20 });
    world.processOf(id).frozen = false;
    await minutes(world, 1);
    expect(effectsOf(world, /end instance/)).toEqual([]);
    expect(world.voters()).toContain(id);
  });

  test('a retained leader that restarts stays until its replacement votes, and gives leadership away', async () => {
    const world = await grown(3);
    const leader = world.leaderName;
    world.capacity = 2;
    world.instance(leader).lifecycle = 'Terminating:Retained';
    world.processOf(leader).up = false;
    await world.pass({ seconds: 20 });
    expect(world.voters()).toContain(leader);
    world.processOf(leader).up = true;
    world.capacity = Number.POSITIVE_INFINITY;
    await minutes(world, 5);
    expect(world.voters()).not.toContain(leader);
    expect(world.voters()).toHaveLength(3);
    expectSafe(world);
  });

  test('three retirements are answered one after the other', async () => {
    const world = await grown(3);
    for (const instance of world.instances) instance.ending = 'retirement';
    await world.pass();
    expect(effectsOf(world, REPORTS)).toHaveLength(1);
    await minutes(world, 5);
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, REPORTS)).toHaveLength(3);
  });
});

describe('heartbeats need nothing but the group', () => {
  test('one failed look does not spare them', async () => {
    const world = await grown(3);
    world.terminate(followerOf(world));
    const leaver = followerOf(world);
    let failures = 1;
    world.failing.set('scaling.complete', throttled);
    world.interfere = (call) => {
      if (call === 'scaling.listGroups' && failures-- > 0) world.failing.set('listGroups', throttled);
      else world.failing.delete('listGroups');
    };
    world.heartbeats.length = 0;
    await world.pass();
    expect(world.heartbeats).toContain(leaver);
  });

  test('nor does a warm pool that nobody tells of', async () => {
    const world = await grown(3);
    const leaver = followerOf(world);
    world.terminate(leaver);
    const warm = world.launch();
    warm.lifecycle = 'Warmed:Stopped';
    world.failing.set('scaling.listWarmPool', denied);
    world.heartbeats.length = 0;
    const report = await world.pass();
    expect(world.heartbeats).toContain(leaver);
    expect(waitKinds(report)).toContain('refused');
  });
});

test('S23 a stranger with a name that no ticket can carry stops the joins, and nothing else', async () => {
  const world = await grown(3);
  const stranger = {
    id: '4711',
    name: 'my etcd',
    peerUrl: 'http://10.9.9.9:2380',
    clientUrl: 'http://10.9.9.9:2379',
    isLearner: false,
  };
  world.etcd.members.push(stranger);
  world.desired = 4;
  world.parameters.delete('/etcd-autopilot/core/endpoints');
  const report = await minutes(world, 2);
  expect(waitKinds(report)).toEqual(expect.arrayContaining(['nameUnsafe', 'foreignMember']));
  expect(world.parameters.get('/etcd-autopilot/core/endpoints')?.split(',')).toHaveLength(3);
});

test('S13 an image whose etcd dies at its first start is tried less and less often, too', async () => {
  const world = await grown(3);
  world.interfere = () => {
    for (const { name, isLearner } of world.etcd.members) if (isLearner && name !== '') world.wipe(name);
  };
  world.vanish(followerOf(world));
  const report = await minutes(world, 120);
  expect(waitKinds(report)).toContain('joinsPaused');
  expect(effectsOf(world, /addLearner/).length).toBeLessThanOrEqual(8);
  world.interfere = () => undefined;
  await minutes(world, 360);
  await world.settle();
  expectWhole(world, 3);
});
