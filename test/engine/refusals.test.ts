import { describe, expect, test } from 'vitest';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import {
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  setConfig,
  snapshot,
  waitKinds,
} from '../support/story.ts';

/** Three passes change nothing but the status, and say `kind`. */
async function expectStill(world: FakeWorld, kind: string): Promise<void> {
  const before = snapshot(world);
  const report = await minutes(world, 3);
  expect(waitKinds(report)).toContain(kind);
  expect(snapshot(world)).toEqual(before);
  expectSafe(world);
}

describe('S6 two groups are the member group of one cluster', () => {
  test('both are refused, no cross-joins, and hooks get their heartbeats', async () => {
    const world = await grown(3);
    const leaver = followerOf(world);
    world.terminate(leaver);
    world.tick();
    world.groupCount = 2;
    await expectStill(world, 'twoMemberGroups');
    expect(world.heartbeats.filter((id) => id === leaver).length).toBeGreaterThanOrEqual(3);
    world.groupCount = 1;
    await world.settle();
    expectWhole(world, 3);
  });

  test('nothing is founded either', async () => {
    const world = new FakeWorld(3);
    world.groupCount = 2;
    await minutes(world, 3);
    expect(world.effects).toEqual([]);
  });

  test('groups of workers beside it are nobody’s business here', async () => {
    const world = await grown(3);
    const tags = new Map([
      ['etcd-autopilot:cluster', 'core'],
      ['etcd-autopilot:role', 'worker'],
    ]);
    const id = 'i-0000000000000beef';
    const worker = { id, lifecycle: 'Terminating:Wait', zone: 'a', health: 'Healthy' };
    world.otherGroups.push({
      name: 'workers',
      desiredCapacity: 1,
      hasWarmPool: false,
      deleting: false,
      tags,
      instances: [worker],
    });
    expect((await world.pass()).outcome).toBe('settled');
    expect(world.heartbeats).not.toContain(id);
    expectWhole(world, 3);
  });
});

describe('the group is gone, or is none of ours', () => {
  test('no group: nothing is deleted, nothing is removed', async () => {
    const world = await grown(3);
    world.groupCount = 0;
    await expectStill(world, 'groupMissing');
  });

  test('S38 an event of a group without our tags is ignored', async () => {
    const world = await grown(3);
    world.vanish(followerOf(world));
    world.tick();
    const before = snapshot(world);
    const report = await world.pass({ groupName: 'somebody-elses' });
    expect(report).toMatchObject({ outcome: 'ignored', steps: [], waits: [], progressing: false });
    expect(snapshot(world)).toEqual(before);
    expect(world.heartbeats).toHaveLength(3); // those of the founding
  });

  test('S38 events that come twice, late or out of order change nothing that is not true', async () => {
    const world = await grown(3);
    const before = snapshot(world);
    for (let count = 0; count < 5; count += 1) {
      const report = await world.pass({ groupName: world.groupName });
      expect(report.outcome).toBe('settled');
    }
    expect(snapshot(world)).toEqual(before);
  });
});

describe('the configuration is broken by hand', () => {
  test.each(['', '{"size":3', '{"version":2}', '{"version":1,"stackId":"s","size":4}'])(
    '%s: everything stands still, all mistakes are told, heartbeats go on',
    async (text) => {
      const world = await grown(3);
      const leaver = followerOf(world);
      world.terminate(leaver);
      world.tick();
      world.parameters.set(`${PATH}config`, text);
      await expectStill(world, 'configInvalid');
      expect(world.heartbeats.filter((id) => id === leaver).length).toBeGreaterThanOrEqual(3);
    },
  );

  test('without any configuration nothing is founded', async () => {
    const world = new FakeWorld(3);
    world.parameters.clear();
    await minutes(world, 3);
    expect(world.effects).toEqual([]);
  });
});

describe('S75 the cluster is frozen', () => {
  test('while a terminating hook is held: heartbeats go on, nothing else happens', async () => {
    const world = await grown(3);
    const leaver = world.leaderName;
    world.terminate(leaver);
    setConfig(world, { frozen: true });
    world.tick();
    const count = world.events.length;
    world.heartbeats.length = 0;
    await expectStill(world, 'frozen');
    expect(world.heartbeats.filter((id) => id === leaver)).toHaveLength(3);
    expect(world.events).toHaveLength(count);
    setConfig(world, { frozen: false });
    await world.settle();
    expectWhole(world, 3);
  });

  test('before it was founded: nothing is claimed', async () => {
    const world = new FakeWorld(3, { frozen: true });
    world.tick();
    await minutes(world, 3);
    expect(world.effects).toEqual([]);
    expect(world.heartbeats).toHaveLength(9);
  });

  test('what is withheld is told', async () => {
    const world = await grown(3);
    world.vanish(followerOf(world));
    setConfig(world, { frozen: true });
    const [frozen] = (await world.pass()).waits;
    expect(frozen).toMatchObject({ kind: 'frozen', withheld: expect.arrayContaining(['removeMember']) });
  });
});
