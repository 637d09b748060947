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

describe('S17, S71 a voter comes back with an empty disk and its old ticket', () => {
  test('it does not start: it is removed, gets a new ticket and joins as learner', async () => {
    const world = await grown(3);
    const wiped = followerOf(world);
    const before = world.instance(wiped).disk;
    world.wipe(wiped);
    await world.settle();
    expectWhole(world, 3);
    expect(world.instance(wiped).disk).not.toBe(before);
    expect(effectsOf(world, /addLearner/)).toHaveLength(1);
  });

  test('a report whose member answers again is forgotten, and is no evidence later', async () => {
    const world = await grown(3);
    const late = followerOf(world);
    const disk = world.instance(late).disk;
    world.wipe(late);
    world.tick();
    world.instance(late).disk = disk; // its volume was attached late
    world.tick();
    await world.settle();
    expectWhole(world, 3);
    world.processOf(late).up = false;
    await minutes(world, 3);
    expect(world.instance(late).disk).toBe(disk);
    expect(effectsOf(world, /etcd\.remove/)).toEqual([]);
  });

  test('what it reported is deleted with it when it is replaced instead', async () => {
    const world = await grown(3);
    const wiped = followerOf(world);
    world.wipe(wiped);
    world.tick();
    world.vanish(wiped);
    await world.settle();
    expectWhole(world, 3);
  });

  test('the only voter: nothing is removed, nothing is founded', async () => {
    const world = await grown(1);
    world.wipe(world.leaderName);
    await minutes(world, 3);
    expect(effectsOf(world, /etcd\.(remove|add)/)).toEqual([]);
    expectSafe(world);
  });
});

test('S72 two of three are wiped, the third is down: no cluster forms', async () => {
  const world = await grown(3);
  const [first = '', second = '', third = ''] = world.voters();
  world.processOf(third).up = false;
  world.wipe(first);
  world.wipe(second);
  const report = await minutes(world, 10);
  expect(waitKinds(report)).toEqual(['quorumLost']);
  expect(world.etcd.formed.size).toBe(1);
  expect(world.etcd.voters()).toHaveLength(3);
  expectSafe(world);
});
