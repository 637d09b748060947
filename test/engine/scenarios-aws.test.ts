import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { PARAMETER } from '../../functions/core/names.ts';
import { Random } from '../simulation/history/random.ts';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import {
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  seconds,
  throttled,
  waitKinds,
} from '../support/story.ts';

/** Half of what AWS tells is of up to so many seconds ago. */
function makeStale(world: FakeWorld, agoSeconds: number): void {
  const lag = { seconds: agoSeconds, chance: 0.5, random: new Random(7) };
  for (const replica of [world.replicas.groups, world.replicas.machines, world.replicas.parameters])
    replica.lag = lag;
}

/** Parameter Store does not take this one, as the adapter puts it: no retry changes that. Returns what ends it. */
function refuse(world: FakeWorld, refused: string, words: string): () => void {
  const plain = world.ports.bind(world);
  world.ports = (...about) => {
    const ports = plain(...about);
    const write = async (name: string, value: string) => {
      if (name === refused)
        throw new OperationError('CONFIG_INVALID', 'never', `${words}, ${name} would not`);
      await ports.parameters.write(name, value);
    };
    const { readAll, create, remove } = ports.parameters;
    return { ...ports, parameters: { readAll, create, remove, write } };
  };
  return () => {
    world.ports = plain;
  };
}

describe('S50 AWS tells what was some seconds ago', () => {
  test('a cluster is founded, once, and is whole when AWS has caught up', async () => {
    const world = new FakeWorld(3);
    makeStale(world, 10);
    await minutes(world, 4);
    world.replicas.catchUp();
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /create bootstrap/)).toHaveLength(1);
  });

  test.each([
    ['the leader is terminated', (world: FakeWorld) => world.terminate(world.leaderName)],
    ['a voter vanishes', (world: FakeWorld) => world.vanish(followerOf(world))],
    ['two more are wanted', (world: FakeWorld) => Object.assign(world, { desired: 5 })],
  ] as const)('%s: no rule is broken, and the end is the same', async (_title, happen) => {
    const world = await grown(3);
    makeStale(world, 10);
    happen(world);
    await minutes(world, 6);
    expectSafe(world);
    world.replicas.catchUp();
    await world.settle();
    expectWhole(world, world.desired);
  });

  test('a young machine that EC2 does not know for longer than it must not know a gone one is no gone one', async () => {
    const world = await grown(3);
    world.times.unknownSeconds = 90;
    world.desired = 4;
    await minutes(world, 4);
    expectSafe(world);
    world.times.unknownSeconds = 0;
    await world.settle();
    expectWhole(world, 4);
    expect(effectsOf(world, /etcd\.remove/)).toEqual([]);
  });
});

test('S50 three calls of ten are throttled, whichever: the story ends the same', async () => {
  const world = await grown(3);
  const random = new Random(11);
  world.interfere = (call) => {
    if (!call.startsWith('etcd.') && random.chance(0.3)) throw throttled();
  };
  world.terminate(world.leaderName);
  await minutes(world, 12);
  expectSafe(world);
  world.interfere = () => undefined;
  await world.settle();
  expectWhole(world, 3);
});

describe('S51 Parameter Store', () => {
  const LISTS = [PARAMETER.endpoints, PARAMETER.peers] as const;
  const listsOf = (world: FakeWorld) => LISTS.map((name) => world.parameters.get(PATH + name));

  test('throttles every write: the last lists stand, nobody is let go, and the lag is told', async () => {
    const world = await grown(3);
    const before = listsOf(world);
    const leaver = followerOf(world);
    world.failing.set('parameters.write', throttled);
    world.terminate(leaver);
    const report = await minutes(world, 5);
    expect(report.waits).toContainEqual({ kind: 'refused', code: 'AWS_THROTTLED', message: 'rate exceeded' });
    expect(report.outcome).toBe('failed');
    expect(listsOf(world)).toEqual(before);
    expect(world.instance(leaver).listed).toBe(true);
    expect(world.heartbeats.at(-1)).toBeDefined();
    world.failing.clear();
    await world.settle();
    expectWhole(world, 3);
  });

  test('takes no text that is too long: it is told with the name, the old one stands, the rest goes on', async () => {
    const world = await grown(3);
    const before = world.parameters.get(`${PATH}status`);
    const undo = refuse(world, `${PATH}status`, 'a parameter holds 1 to 4096 bytes');
    world.desired = 4;
    const report = await minutes(world, 3);
    expect(report.waits.map((wait) => ('code' in wait ? wait.code : wait.kind))).toContain('CONFIG_INVALID');
    expect(world.parameters.get(`${PATH}status`)).toBe(before);
    expect(world.voters()).toHaveLength(4);
    expectSafe(world);
    undo();
    await world.settle();
    expectWhole(world, 4);
  });

  test.each(LISTS)(
    'somebody else writes %s as well: what is true stands again after the next look',
    async (name) => {
      const world = await grown(3);
      const before = world.parameters.get(PATH + name);
      world.parameters.set(PATH + name, 'http://10.9.9.9:2379');
      await world.pass();
      expect(world.parameters.get(PATH + name)).toBe(before);
      const count = world.effects.length;
      await minutes(world, 2);
      expect(world.effects.length).toBe(count); // written on change only
      expectWhole(world, 3);
    },
  );

  test('two functions found at once: the first claim stands, the second goes on with it', async () => {
    const world = new FakeWorld(3);
    world.tick();
    let rival: Promise<unknown> | null = null;
    world.interfere = (call) => {
      if (call === 'parameters.create' && rival === null) rival = world.pass();
    };
    await world.pass();
    await rival;
    seconds(world, 5);
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /create bootstrap/)).toHaveLength(1);
    expect(world.etcd.formed.size).toBe(1);
    expect(waitKinds(await world.pass())).toEqual([]);
  });
});
