import { describe, expect, test } from 'vitest';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import {
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  waitKinds,
} from '../support/story.ts';

const MEGABYTE = 1_048_576;

/** Most of every file is holes, as after a compaction. */
function fragment(world: FakeWorld): void {
  world.etcd.space.puncture(200 * MEGABYTE);
}

const DONE = /etcd\.(?:defragment|moveLeader|compact)/;

describe('S61 databases are larger than what they hold', () => {
  test('they are defragmented one by one, followers first, the leader after it gave leadership away', async () => {
    const world = await grown(3);
    fragment(world);
    const before = world.effects.length;
    await minutes(world, 6);
    const done = world.effects.slice(before).filter((effect) => DONE.test(effect));
    const [defragment, move] = ['etcd.defragment', 'etcd.moveLeader'];
    expect(done).toEqual([defragment, defragment, move, defragment]);
    const files = world.etcd.members.map(({ id }) => world.etcd.space.fileOf(id));
    expect(Math.max(...files)).toBeLessThan(MEGABYTE);
    expectWhole(world, 3);
  });

  test('once a day and member, however fragmented it is again', async () => {
    const world = await grown(3);
    fragment(world);
    await minutes(world, 15);
    fragment(world);
    await minutes(world, 15);
    expect(effectsOf(world, /defragment/)).toHaveLength(3);
    world.nowMs += 86_400_000;
    await minutes(world, 15);
    expect(effectsOf(world, /defragment/)).toHaveLength(6);
  });

  test('not while a voter is down, which is told, and when it is back', async () => {
    const world = await grown(3);
    const down = followerOf(world);
    world.processOf(down).up = false;
    fragment(world);
    const report = await minutes(world, 2);
    expect(effectsOf(world, /defragment/)).toEqual([]);
    expect(waitKinds(report)).toContain('defragmentationDue');
    world.processOf(down).up = true;
    await minutes(world, 10);
    expect(effectsOf(world, /defragment/)).toHaveLength(3);
    expectSafe(world);
  });

  test('not while a learner is there, and when it votes', async () => {
    const world = await grown(3);
    world.etcd.catchUpMs = 100_000;
    world.terminate(followerOf(world));
    world.tick();
    fragment(world);
    for (let second = 0; second < 60; second += 20) {
      await world.pass({ seconds: 20 });
      if (world.etcd.members.some(({ isLearner }) => isLearner))
        expect(effectsOf(world, /defragment/)).toEqual([]);
    }
    world.etcd.catchUpMs = 0;
    await world.settle();
    await minutes(world, 12);
    expect(effectsOf(world, /defragment/).length).toBeGreaterThanOrEqual(3);
    expectSafe(world);
  });

  test('not where the settings say no', async () => {
    const world = await grown(3, { maintenance: { defragment: false } });
    fragment(world);
    await minutes(world, 5);
    expect(effectsOf(world, /defragment/)).toEqual([]);
  });

  test('not the only voter, which would serve nobody meanwhile, unless its quota is near', async () => {
    const settings = { maintenance: { quotaBytes: 1_000 * MEGABYTE } };
    const world = await grown(1, settings);
    fragment(world);
    await minutes(world, 5);
    expect(effectsOf(world, /defragment/)).toEqual([]);
    world.etcd.space.puncture(900 * MEGABYTE);
    await minutes(world, 5);
    expect(effectsOf(world, /defragment/)).toHaveLength(1);
  });

  test('a function that dies before or after it defragmented leaves nothing behind', async () => {
    const world = await grown(3);
    fragment(world);
    world.etcd.space.defragmentMs = 60_000;
    await minutes(world, 20);
    expect(effectsOf(world, /defragment/).length).toBeLessThanOrEqual(6);
    expect(world.etcd.permit).toBeNull();
    expectSafe(world);
  });
});
