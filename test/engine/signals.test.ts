import { describe, expect, test } from 'vitest';
import { decodeMemory } from '../../functions/core/memory.ts';
import { KEY } from '../../functions/core/names.ts';
import { FakeWorld } from '../simulation/world/fake-world.ts';
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

/** The group is of a stack that waits for a signal of every instance. */
function inStack(world: FakeWorld): FakeWorld {
  world.tags.set('aws:cloudformation:stack-name', 'etcd-core');
  world.tags.set('aws:cloudformation:logical-id', 'MemberGroup');
  world.stackWaits = true;
  return world;
}

/** A cluster of three that stands, whose instances were launched long ago. */
async function standing(): Promise<FakeWorld> {
  const world = inStack(await grown(3));
  for (const instance of world.instances) instance.launchedAtMs -= 86_400_000;
  return world;
}

const told = (world: FakeWorld) => world.signals.map(({ status, instanceId }) => `${status} ${instanceId}`);
const newest = (world: FakeWorld) => world.instances.at(-1)?.id ?? '';
const memoryOf = (world: FakeWorld) => decodeMemory(world.etcd.keys.get(KEY.state) ?? null);

describe('a stack that waits for its instances', () => {
  test('is told of each founder, once, when the cluster has been whole for the window', async () => {
    const world = inStack(new FakeWorld(3));
    await world.settle();
    expectWhole(world, 3);
    expect(told(world).sort()).toEqual(world.voters().map((id) => `SUCCESS ${id}`));
    await minutes(world, 5);
    expect(world.signals).toHaveLength(3);
    expect(Object.keys(memoryOf(world).signalledAtMs)).toEqual(world.voters());
  });

  test('is told of a replacement after its launch hook was answered and the window is over', async () => {
    const world = await standing();
    world.terminate(followerOf(world));
    let releasedAtMs = 0;
    world.interfere = (call) => {
      if (call === 'scaling.complete') releasedAtMs = world.nowMs;
      if (call === 'stacks.signal') expect(world.nowMs - releasedAtMs).toBeGreaterThanOrEqual(10_000);
    };
    await world.settle();
    expectWhole(world, 3);
    expect(told(world)).toEqual([`SUCCESS ${newest(world)}`]);
    expect(world.signals[0]).toMatchObject({ stackName: 'etcd-core', logicalId: 'MemberGroup' });
  });

  test('is told again when the reply was lost or the function died, and nothing else comes of it', async () => {
    for (const fault of ['loseOn', 'killOn'] as const) {
      const world = await standing();
      world.terminate(followerOf(world));
      world[fault] = /signal/;
      await world.settle();
      expectWhole(world, 3);
      expect(new Set(told(world))).toEqual(new Set([`SUCCESS ${newest(world)}`]));
      expect(world.signals.length, fault).toBe(2);
    }
  });

  test.each([
    ['throttles', throttled],
    ['denies', denied],
  ])('that %s holds up no hook and no removal, and is told when it can be', async (_, no) => {
    const world = await standing();
    world.failing.set('stacks.signal', no);
    const [first, second] = world.voters();
    for (const id of [first ?? '', second ?? '']) {
      world.terminate(id);
      await minutes(world, 3);
    }
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(first);
    expect(world.voters()).not.toContain(second);
    expect(told(world)).toEqual([]);
    world.failing.clear();
    await minutes(world, 2);
    expect(told(world).sort()).toEqual(
      world
        .voters()
        .slice(-2)
        .map((id) => `SUCCESS ${id}`),
    );
  });

  test('is not told while another voter is silent: its update does not go on', async () => {
    const world = await standing();
    world.desired = 4;
    const silent = followerOf(world);
    world.interfere = (call) => {
      if (call === 'scaling.complete') world.processOf(silent).frozen = true;
    };
    world.tick();
    const report = await minutes(world, 3);
    expect(world.voters()).toHaveLength(4);
    expect(waitKinds(report)).toContain('settling');
    expect(told(world)).toEqual([]);
    world.interfere = () => undefined;
    world.processOf(silent).frozen = false;
    await minutes(world, 2);
    expect(told(world)).toEqual([`SUCCESS ${newest(world)}`]);
  });

  test('hears nothing while the cluster is frozen', async () => {
    const world = await standing();
    world.terminate(followerOf(world));
    await world.pass({ seconds: 15 });
    setConfig(world, { frozen: true });
    const before = told(world);
    await minutes(world, 3);
    expect(told(world)).toEqual(before);
    expect(before).toEqual([]);
    setConfig(world, { frozen: false });
    await world.settle();
    expect(told(world)).toEqual([`SUCCESS ${newest(world)}`]);
  });
});

test('a stack that waits for none is asked once for each newcomer', async () => {
  const world = await standing();
  world.stackWaits = false;
  let asked = 0;
  world.interfere = (call) => {
    if (call === 'stacks.signal') asked += 1;
  };
  world.terminate(followerOf(world));
  await world.settle();
  await minutes(world, 5);
  expect([asked, told(world)]).toEqual([1, []]);
});

test('a pass over a cluster in which nothing is new makes no call more for being in a stack', async () => {
  const callsOf = async (world: FakeWorld) => {
    for (const instance of world.instances) instance.launchedAtMs -= 86_400_000;
    await minutes(world, 2);
    const calls: string[] = [];
    world.interfere = (call) => calls.push(call);
    await world.pass();
    return calls.sort();
  };
  const calls = await callsOf(inStack(await grown(3)));
  expect(calls).toEqual(await callsOf(await grown(3)));
  expect(calls.length).toBeGreaterThan(3);
});

describe('S13 a bad release', () => {
  /** Nothing of the new image starts. */
  async function refreshed(way: 'launchFirst' | 'terminateFirst'): Promise<FakeWorld> {
    const world = await standing();
    world.imageBoots = false;
    world.refresh.start(world, way);
    return world;
  }

  test('stops at its first node: the stack hears of it, the refresh ends, all voters of before vote', async () => {
    const world = await refreshed('launchFirst');
    const before = world.voters();
    await minutes(world, 8);
    expect(world.refresh.isRunning).toBe(false);
    expect(world.voters()).toEqual(before);
    expect(effectsOf(world, /addLearner/)).toHaveLength(1);
    const steps = effectsOf(world, /^(signal|cancel|complete ABANDON)/);
    expect(steps).toEqual(['signal FAILURE', 'cancel refresh', 'complete ABANDON']);
    expect(world.events).toContainEqual({
      detailType: 'Action Held',
      detail: { cluster: 'core', instanceId: newest(world), because: 'refreshCancelled' },
    });
    expectSafe(world);
  });

  test('whose etcd starts, is seen and dies stops there, too: it is not tried again on the same machine', async () => {
    const world = await standing();
    const before = world.voters();
    world.interfere = (call) => {
      if (call !== 'etcd.probe') return;
      const learners = world.etcd.members.filter(({ isLearner, name }) => isLearner && name !== '');
      for (const process of world.etcd.processes.values())
        if (learners.some(({ id }) => id === process.memberId)) process.up = false;
    };
    world.refresh.start(world, 'launchFirst');
    await minutes(world, 8);
    expect(effectsOf(world, /^(signal|cancel|complete ABANDON|etcd\.addLearner|etcd\.remove)/)).toEqual([
      'etcd.addLearner',
      'signal FAILURE',
      'cancel refresh',
      'complete ABANDON',
      'etcd.remove',
    ]);
    expect(world.refresh.isRunning).toBe(false);
    expect(world.voters()).toEqual(before);
    expectSafe(world);
  });

  test('that terminates first takes one node and no second', async () => {
    const world = await refreshed('terminateFirst');
    await minutes(world, 20);
    expect(world.refresh.isRunning).toBe(false);
    expect(world.voters()).toHaveLength(2);
    expectSafe(world);
  });

  test('is stopped though its stack cannot be told', async () => {
    const world = await refreshed('launchFirst');
    world.failing.set('stacks.signal', throttled);
    await minutes(world, 8);
    expect(world.refresh.isRunning).toBe(false);
    expect(effectsOf(world, /^(signal|cancel|complete ABANDON)/)).toEqual([
      'cancel refresh',
      'complete ABANDON',
    ]);
  });

  test('has its hook given up though its refresh cannot be ended', async () => {
    const world = await refreshed('launchFirst');
    world.failing.set('scaling.cancelRefresh', denied);
    await minutes(world, 8);
    expect(effectsOf(world, /^(signal|cancel|complete ABANDON)/).slice(0, 2)).toEqual([
      'signal FAILURE',
      'complete ABANDON',
    ]);
  });

  test('does not end a refresh that began after its node was launched, as a rollback does', async () => {
    const world = await refreshed('launchFirst');
    await minutes(world, 2);
    world.refresh.cancel(world);
    const bad = newest(world);
    seconds(world, 2);
    world.imageBoots = true;
    world.refresh.start(world, 'launchFirst');
    expect(world.instance(bad).lifecycle).toBe('Pending:Wait');
    await minutes(world, 6);
    expect(effectsOf(world, /complete ABANDON/)).toHaveLength(1);
    expect(effectsOf(world, /cancel refresh/)).toEqual([]);
    expect(told(world)).toContain(`FAILURE ${bad}`);
  });
});
