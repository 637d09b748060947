import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { decodeMemory } from '../../functions/core/memory.ts';
import { KEY } from '../../functions/core/names.ts';
import { FREE_FAILURES } from '../../functions/core/plan/joins.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import {
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  seconds,
  waitKinds,
} from '../support/story.ts';

const memoryOf = (world: FakeWorld) => decodeMemory(world.etcd.keys.get(KEY.state) ?? null);

describe('S8, S37 a follower vanishes and no event comes', () => {
  test('the next scheduled pass removes it and promotes its replacement', async () => {
    const world = await grown(3);
    const gone = followerOf(world);
    world.vanish(gone);
    world.tick();
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(gone);
    expect(effectsOf(world, /etcd\.(remove|addLearner|promote)/)).toEqual([
      'etcd.remove',
      'etcd.addLearner',
      'etcd.promote',
    ]);
  });

  test('it stays while the group still lists it, though EC2 says terminated', async () => {
    const world = await grown(3);
    const gone = followerOf(world);
    world.vanish(gone);
    world.instance(gone).listed = true;
    expect(waitKinds(await minutes(world, 3))).toEqual(['voterSilent']);
    expect(world.voters()).toContain(gone);
  });

  test('it stays while EC2 does not say what became of it', async () => {
    const world = await grown(3);
    const gone = followerOf(world);
    world.processOf(gone).up = false;
    world.hidden.add(gone);
    expect(waitKinds(await minutes(world, 5))).toContain('evidenceMissing');
    expect(world.voters()).toContain(gone);
    expectSafe(world);
  });

  test('"not found" counts only in two passes a minute apart', async () => {
    const world = await grown(3);
    const gone = followerOf(world);
    world.vanish(gone);
    world.forgotten.add(gone);
    await world.pass();
    expect(world.voters()).toContain(gone);
    expect(Object.keys(memoryOf(world).missingSinceMs)).toEqual([gone]);
    seconds(world, 30);
    await world.pass();
    expect(world.voters()).toContain(gone);
    seconds(world, 30);
    await world.pass();
    expect(world.voters()).not.toContain(gone);
    await world.settle();
    expectWhole(world, 3);
  });

  test('"not found" that was taken back counts from the start again', async () => {
    const world = await grown(3);
    const young = followerOf(world);
    world.processOf(young).up = false;
    world.hidden.add(young);
    world.forgotten.add(young);
    await world.pass();
    world.forgotten.clear();
    seconds(world, 60);
    await world.pass();
    expect(memoryOf(world).missingSinceMs).toEqual({});
    world.forgotten.add(young);
    seconds(world, 60);
    await world.pass();
    expect(world.voters()).toContain(young);
  });
});

describe('S9 the leader is terminated through its hook', () => {
  test('leadership moves first, then the member goes, then the lists, then the hook', async () => {
    const world = await grown(3);
    const leader = world.leaderName;
    world.terminate(leader);
    await world.settle();
    expectWhole(world, 3);
    const order = effectsOf(world, /moveLeader|etcd\.remove|write endpoints|complete CONTINUE/);
    const steps = order.slice(order.indexOf('etcd.moveLeader'));
    expect(steps.slice(0, 4)).toEqual([
      'etcd.moveLeader',
      'etcd.remove',
      'write endpoints',
      'complete CONTINUE',
    ]);
    expect(world.instance(leader).state).toBe('terminated');
  });

  test('after three failed transfers it is removed all the same', async () => {
    const world = await grown(3);
    world.transfersFail = true;
    world.failing.set('moveLeader', () => new OperationError('ETCD_REFUSED', 'nextLook', 'no'));
    let transferCount = 0;
    world.interfere = (call) => {
      if (call === 'etcd.moveLeader') transferCount += 1;
    };
    world.terminate(world.leaderName);
    await world.settle();
    expect(transferCount).toBe(3);
    expectWhole(world, 3);
  });

  test('leadership is never moved to another leaver', async () => {
    const world = await grown(5);
    world.terminate(world.leaderName);
    for (const id of world.voters().slice(1, 3)) world.terminate(id);
    await world.settle();
    expectWhole(world, 5);
  });
});

test('S10 the leader vanishes: one election, then as any other', async () => {
  const world = await grown(3);
  const leader = world.leaderName;
  world.vanish(leader);
  await world.settle();
  expectWhole(world, 3);
  expect(effectsOf(world, /moveLeader/)).toEqual([]);
});

describe('S13 replacements that never boot', () => {
  test('each is removed after its grace and its hook abandoned; the voters are untouched', async () => {
    const world = await grown(3);
    world.imageBoots = false;
    world.vanish(followerOf(world));
    await minutes(world, 14);
    const addCount = effectsOf(world, /addLearner/).length;
    expect(addCount).toBeGreaterThan(1);
    expect(addCount).toBeLessThanOrEqual(3);
    expect(effectsOf(world, /ABANDON/).length).toBeGreaterThanOrEqual(addCount - 1);
    expect(world.voters()).toHaveLength(2);
    expectSafe(world);
    world.imageBoots = true;
    for (const instance of world.instances) instance.boots = true;
    await world.settle();
    expectWhole(world, 3);
  });

  test('an image that never boots is tried less and less often, and at once again when the cluster was whole', async () => {
    const world = await grown(3);
    world.imageBoots = false;
    world.vanish(followerOf(world));
    const report = await minutes(world, 24 * 60);
    expect(waitKinds(report)).toContain('joinsPaused');
    const addCount = effectsOf(world, /addLearner/).length;
    expect(addCount).toBeGreaterThan(FREE_FAILURES);
    expect(addCount).toBeLessThanOrEqual(FREE_FAILURES + 8);
    expectSafe(world);
    world.imageBoots = true;
    for (const instance of world.instances) instance.boots = true;
    await minutes(world, 6 * 60);
    await world.settle();
    expectWhole(world, 3);
    world.vanish(followerOf(world));
    await world.settle();
    expectWhole(world, 3);
  });

  test('an instance in service that cannot start again is tried once, then reported', async () => {
    const world = await grown(3);
    const broken = followerOf(world);
    world.wipe(broken);
    world.tick();
    world.instance(broken).boots = false;
    const report = await minutes(world, 20);
    expect(effectsOf(world, /addLearner/)).toHaveLength(1);
    expect(report.waits).toContainEqual({ kind: 'joinFailed', instanceId: broken });
    expect(world.voters()).toHaveLength(2);
    expectSafe(world);
  });
});

describe('S16 a new instance has the address of a dead member', () => {
  test('the dead one is removed first, the new one joins under its own name', async () => {
    const world = await grown(3);
    const dead = followerOf(world);
    world.addresses.push(world.instance(dead).address);
    world.vanish(dead);
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(dead);
  });

  test('it waits while nobody can say that the holder of the address is gone', async () => {
    const world = await grown(5);
    const dead = followerOf(world);
    world.addresses.push(world.instance(dead).address);
    world.vanish(dead);
    world.forgotten.add(dead);
    world.tick();
    const report = await world.pass();
    expect(waitKinds(report)).toContain('addressTaken');
    expect(world.voters()).toContain(dead);
    await minutes(world, 3);
    await world.settle();
    expectWhole(world, 5);
  });
});

test('a leader that misses one look while it leaves still gives leadership away', async () => {
  const world = await grown(3);
  const leader = world.leaderName;
  world.terminate(leader);
  world.processOf(leader).denies = true;
  world.interfere = (call) => {
    const process = world.etcd.processes.get(world.clientUrl(world.instance(leader)));
    if (call === 'etcd.write' && process !== undefined) process.denies = false;
  };
  await world.settle();
  expectWhole(world, 3);
  expect(effectsOf(world, /moveLeader/)).toHaveLength(1);
});

test('S76 a silent leaver and a newcomer, while etcd adds only with all voters connected', async () => {
  const world = await grown(3);
  const silent = followerOf(world);
  world.processOf(silent).up = false;
  world.terminate(silent);
  await world.settle();
  expectWhole(world, 3);
  expect(effectsOf(world, /etcd\.(remove|addLearner)/)).toEqual(['etcd.remove', 'etcd.addLearner']);
});
