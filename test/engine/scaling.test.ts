import { describe, expect, test } from 'vitest';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { effectsOf, expectSafe, expectWhole, grown, minutes, seconds, waitKinds } from '../support/story.ts';

const CHANGES = /etcd\.(addLearner|promote|remove|moveLeader)/;

/** How many members the cluster had after each change of it. */
function watchSizes(world: FakeWorld): number[] {
  const sizes: number[] = [];
  const before = world.etcd.onEffect;
  world.etcd.onEffect = (name) => {
    if (/addLearner|remove/.test(name)) sizes.push(world.etcd.members.length);
    before(name);
  };
  return sizes;
}

describe('S11 a second instance is terminated soon after the first, of three', () => {
  test.each([0, 10, 30])('%i seconds later: it waits until the first replacement votes', async (later) => {
    const world = await grown(3);
    const [first = '', second = ''] = world.voters();
    const answering: number[] = [];
    world.interfere = () => {
      answering.push(world.etcd.voters().filter((voter) => world.etcd.runs(voter)).length);
    };
    world.terminate(first);
    await world.pass({ seconds: 13 });
    seconds(world, later);
    world.terminate(second);
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(first);
    expect(world.voters()).not.toContain(second);
    expect(Math.min(...answering)).toBeGreaterThanOrEqual(3);
  });

  test('all three at once: the cluster moves to three others without a gap', async () => {
    const world = await grown(3);
    const before = world.voters();
    for (const id of before) world.terminate(id);
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters().some((id) => before.includes(id))).toBe(false);
    expect(world.etcd.formed.size).toBe(1);
  });

  test('without hooks it is a loss of quorum for ever: nothing is changed, for a person decides', async () => {
    const world = await grown(3);
    const [first = '', second = ''] = world.voters();
    world.vanish(first);
    world.vanish(second);
    const report = await minutes(world, 5);
    expect(waitKinds(report)).toEqual(['quorumLost']);
    expect(effectsOf(world, CHANGES)).toEqual([]);
    expectSafe(world);
  });
});

describe('S12 two of five vanish together', () => {
  test('both are removed one at a time, then replaced one learner at a time', async () => {
    const world = await grown(5);
    const sizes = watchSizes(world);
    for (const id of world.voters().slice(0, 2)) world.vanish(id);
    await world.settle();
    expectWhole(world, 5);
    expect(sizes).toEqual([4, 3, 4, 5]);
  });
});

describe('S27 the desired capacity grows in one step', () => {
  test('three to five: one learner after the other', async () => {
    const world = await grown(3);
    const sizes = watchSizes(world);
    world.desired = 5;
    await world.settle();
    expectWhole(world, 5);
    expect(sizes).toEqual([4, 5]);
  });

  test('one to three: the second voter answers in sync three looks in a row before it votes', async () => {
    const world = await grown(1);
    world.desired = 2;
    let lookCount = 0;
    const looksBefore: number[] = [];
    world.interfere = (call) => {
      const isLearning = world.etcd.members.some((member) => member.isLearner && world.etcd.runs(member));
      if (call === 'etcd.probe' && isLearning) lookCount += 1;
      if (call === 'etcd.promote') looksBefore.push(lookCount);
    };
    await world.settle();
    expectWhole(world, 2);
    expect(looksBefore).toHaveLength(1);
    expect(looksBefore[0]).toBeGreaterThanOrEqual(3);
    world.desired = 3;
    await world.settle();
    expectWhole(world, 3);
  });

  test('a learner that is behind becomes no second voter', async () => {
    const world = await grown(1);
    world.desired = 2;
    world.etcd.index = 100_000n;
    world.interfere = () => {
      for (const process of world.etcd.processes.values()) {
        const member = world.etcd.members.find(({ id }) => id === process.memberId);
        process.lag = member?.isLearner === true ? 101n : 0n;
      }
    };
    expect(waitKinds(await minutes(world, 2))).toContain('learnerCatchingUp');
    expect(world.voters()).toHaveLength(1);
    world.interfere = () => undefined;
    for (const process of world.etcd.processes.values()) process.lag = 0n;
    await world.settle();
    expectWhole(world, 2);
  });

  test('beyond seven voters nobody is added, and it is told', async () => {
    const world = await grown(7);
    world.desired = 8;
    expect(waitKinds(await minutes(world, 2))).toContain('tooManyMembers');
    expect(effectsOf(world, /addLearner/)).toEqual([]);
    expect(world.instances[7]?.lifecycle).toBe('Pending:Wait');
    expectSafe(world);
  });
});

describe('S28 the desired capacity shrinks', () => {
  test.each([
    [5, 3],
    [3, 1],
    [7, 1],
  ])('%i to %i: one at a time, the leader last', async (from, to) => {
    const world = await grown(from);
    const sizes = watchSizes(world);
    const leader = world.leaderName;
    world.desired = to;
    await world.settle();
    expectWhole(world, to);
    expect(sizes).toEqual(Array.from({ length: from - to }, (_, index) => from - 1 - index));
    const isLeaderGone = !world.voters().includes(leader);
    expect(effectsOf(world, /moveLeader/)).toHaveLength(isLeaderGone ? 1 : 0);
  });

  test('a leaver of three whose replacement is not meant to come goes at once', async () => {
    const world = await grown(3);
    world.desired = 2;
    world.tick();
    const startMs = world.nowMs;
    await world.settle();
    expectWhole(world, 2);
    expect(world.nowMs - startMs).toBeLessThan(10_000);
  });
});

describe('S29 a desired capacity that etcd would not choose', () => {
  test.each([4, 2])('%i is honoured one by one', async (desired) => {
    const world = await grown(3);
    world.desired = desired;
    await world.settle();
    expectWhole(world, desired);
    expect(await world.pass()).toMatchObject({
      outcome: 'settled',
      waits: [{ kind: 'evenSize', desiredCapacity: desired }],
    });
  });

  test('zero: the last voter is held, and its hook kept alive', async () => {
    const world = await grown(3);
    world.desired = 0;
    const report = await minutes(world, 4);
    expect(waitKinds(report)).toEqual(['lastVoter']);
    expect(world.voters()).toHaveLength(1);
    const last = world.voters()[0] ?? '';
    expect(world.instance(last).lifecycle).toBe('Terminating:Wait');
    expect(world.heartbeats.filter((id) => id === last).length).toBeGreaterThanOrEqual(4);
    expectSafe(world);
    world.desired = 3;
    await world.settle();
    expectWhole(world, 3);
  });
});

describe('a leaver and its replacement', () => {
  test('the replacement votes before the leaver goes', async () => {
    const world = await grown(3);
    world.terminate(world.voters()[0] ?? '');
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /etcd\.(promote|remove)/)).toEqual(['etcd.promote', 'etcd.remove']);
  });

  test('no replacement comes: the leaver goes when its grace is over', async () => {
    const world = await grown(3);
    world.capacity = 2;
    world.terminate(world.voters()[0] ?? '');
    expect(waitKinds(await minutes(world, 1))).toContain('awaitingReplacement');
    await minutes(world, 3);
    expect(world.voters()).toHaveLength(2);
    expectSafe(world);
  });

  test('a leave waits for one join that failed, and for no second', async () => {
    const world = await grown(3, {
      graceSeconds: { bootstrap: 300, unstarted: 60, silent: 300, replacement: 600 },
    });
    world.imageBoots = false;
    world.terminate(world.voters()[0] ?? '');
    await minutes(world, 4);
    expect(world.voters()).toHaveLength(2);
    expect(effectsOf(world, /addLearner/).length).toBeLessThanOrEqual(2);
    expectSafe(world);
  });
});
