import { afterEach, describe, expect, test } from 'vitest';
import { FakeWorld } from '../simulation/world/fake-world.ts';
import { effectsOf, expectWhole, followerOf, grown, minutes, seconds } from '../support/story.ts';

const MINUTE_MS = 60_000;
/** So many minutes is the function's clock ahead, while AWS, etcd and the machines have the right one. */
const SKEWS = [-90, -10, -2, 2, 10, 90];

describe.each(SKEWS)('S67 the clock of the function is %d minutes ahead', (skew) => {
  test('a cluster is founded by all of its instances', async () => {
    const world = new FakeWorld(3);
    world.skewMs = skew * MINUTE_MS;
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /ABANDON/)).toEqual([]);
  });

  test('the leader is replaced through its hook', async () => {
    const world = await grown(3);
    world.skewMs = skew * MINUTE_MS;
    world.terminate(world.leaderName);
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /ABANDON/)).toEqual([]);
  });

  test('a machine that boots for two minutes is waited for', async () => {
    const world = await grown(3);
    world.skewMs = skew * MINUTE_MS;
    await bootFor(world, [2]);
  });

  test('a voter that is silent for two minutes is not reported, one that stays silent is', async () => {
    const world = await grown(3);
    world.skewMs = skew * MINUTE_MS;
    await hangFor(world, [3]);
    world.processOf(followerOf(world)).frozen = true;
    await minutes(world, 7);
    expect(effectsOf(world, /unhealthy/)).toHaveLength(1);
    await world.settle();
    expectWhole(world, 3);
  });
});

/** A fourth machine comes, and boots through all of these minutes; between them something happens. */
async function bootFor(world: FakeWorld, counts: readonly number[], between = () => {}): Promise<void> {
  world.imageBoots = false;
  world.desired = 4;
  world.tick();
  for (const count of counts) {
    await minutes(world, count);
    between();
  }
  const newcomer = world.instances.at(-1);
  if (newcomer !== undefined) newcomer.boots = true;
  world.imageBoots = true;
  await world.settle();
  expectWhole(world, 4);
  expect(newcomer?.lifecycle).toBe('InService');
}

async function hangFor(world: FakeWorld, counts: readonly number[], between = () => {}): Promise<void> {
  const hung = world.processOf(followerOf(world));
  hung.frozen = true;
  for (const count of counts) {
    await minutes(world, count);
    between();
  }
  hung.frozen = false;
  await world.settle();
  expectWhole(world, 3);
  expect(effectsOf(world, /unhealthy/)).toEqual([]);
}

/** Where two hosts disagree: from one look to the next, by so many minutes. */
describe.each([-90, -10, 10, 90])('S67 the clock of the function jumps by %d minutes', (jump) => {
  test('a machine that boots is waited for all the same', async () => {
    const world = await grown(3);
    await bootFor(world, [2, 2], () => {
      world.skewMs += jump * MINUTE_MS;
    });
  });

  test('a voter is no longer silent than it was', async () => {
    const world = await grown(3);
    await hangFor(world, [2, 2], () => {
      world.skewMs += jump * MINUTE_MS;
    });
  });

  test('an instance that nobody knows for a moment is not gone, and one that stays unknown is', async () => {
    const world = await grown(3);
    const id = followerOf(world);
    world.hidden.add(id);
    world.forgotten.add(id);
    await world.pass();
    seconds(world, 5);
    world.skewMs = jump * MINUTE_MS;
    await world.pass();
    expect(effectsOf(world, /etcd\.remove/)).toEqual([]);
    world.vanish(id);
    await minutes(world, 4);
    expect(world.voters()).not.toContain(id);
  });
});

test('S67 two hosts whose clocks are ten minutes apart take turns: nobody is removed, reported or abandoned', async () => {
  const world = await grown(3);
  world.processOf(followerOf(world)).frozen = true;
  world.imageBoots = false;
  world.desired = 4;
  for (let turn = 0; turn < 4; turn += 1) {
    world.skewMs = turn % 2 === 0 ? 0 : 10 * MINUTE_MS;
    await minutes(world, 1);
    seconds(world, 50);
  }
  expect(effectsOf(world, /etcd\.remove|unhealthy|ABANDON/)).toEqual([]);
  for (const process of world.etcd.processes.values()) process.frozen = false;
  for (const instance of world.instances) instance.boots = true;
  world.skewMs = 0;
  await world.settle();
  expectWhole(world, 4);
});

describe('S67 the hour in which clocks are set', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  /** What a replacement writes, when it begins a minute before that hour. */
  async function replacedAt(timeZone: string, moment: string): Promise<readonly string[]> {
    process.env['TZ'] = timeZone;
    const world = new FakeWorld(3);
    world.nowMs = Date.parse(moment) - 2 * MINUTE_MS;
    await world.settle();
    world.terminate(world.leaderName);
    await minutes(world, 4);
    expectWhole(world, 3);
    return world.effects;
  }

  test.each([
    ['Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-10-25T01:00:00Z'],
    ['America/New_York', '2026-11-01T06:00:00Z'],
  ])('in %s, at %s, is an hour as any other', async (timeZone, moment) => {
    process.env['TZ'] = timeZone;
    expect(new Date(Date.parse(moment) - 1).getTimezoneOffset()).not.toBe(
      new Date(Date.parse(moment)).getTimezoneOffset(),
    );
    expect(await replacedAt(timeZone, moment)).toEqual(await replacedAt('UTC', '2026-06-01T00:00:00Z'));
  });
});
