import { describe, expect, test } from 'vitest';
import { Functions } from '../simulation/crash/crash-world.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { expectWhole, grown, waitKinds } from '../support/story.ts';

/** After so many Lambda drops what a function sends to itself, unless it says `RecursiveLoop: Allow`. */
const ROUNDS_OF_DETECTION = 16;

describe('S78 a join that takes many passes', () => {
  /** Lets the learner be behind by what `entries` says at each look. */
  function lagBehind(world: FakeWorld, entries: () => bigint): void {
    world.etcd.index = 1_000_000n;
    world.interfere = (call) => {
      if (call !== 'etcd.probe') return;
      const lag = entries();
      for (const process of world.etcd.processes.values()) {
        const member = world.etcd.members.find(({ id }) => id === process.memberId);
        process.lag = member?.isLearner === true ? lag : 0n;
      }
    };
  }

  test('asks for look after look while the learner comes closer', async () => {
    const world = await grown(3);
    let behind = 900_000n;
    lagBehind(world, () => {
      behind -= 1_000n;
      return behind;
    });
    world.desired = 4;
    world.tick();
    for (let round = 0; round < 17; round += 1) {
      const report = await world.pass();
      expect(waitKinds(report)).toContain('learnerCatchingUp');
      expect(report.progressing).toBe(true);
    }
    await world.settle();
    expectWhole(world, 4);
  });

  test('is left to the schedule when the learner is stuck', async () => {
    const world = await grown(3);
    lagBehind(world, () => world.etcd.index - 100_000n); // whatever the others write, it stays where it is
    world.desired = 4;
    world.tick();
    expect((await world.pass()).progressing).toBe(true);
    const report = await world.pass();
    expect(waitKinds(report)).toContain('learnerCatchingUp');
    expect(report.progressing).toBe(false);
    expect(world.voters()).toHaveLength(3);
  });
});

describe('S78 the messages of a join that takes many rounds', () => {
  test('follow each other, each with another body, until it votes; the loop ends there by itself', async () => {
    const world = await grown(3);
    const functions = new Functions(world);
    world.etcd.index = 1_000_000n;
    let behind = 900_000n;
    world.interfere = (call) => {
      if (call !== 'etcd.probe') return;
      const learners = world.etcd.members.filter(({ isLearner }) => isLearner).map(({ id }) => id);
      if (learners.length > 0 && behind > 0n) behind -= 4_000n;
      for (const process of world.etcd.processes.values())
        process.lag = learners.includes(process.memberId) ? behind : 0n;
    };
    world.desired = 4;
    world.tick();
    const bodies = ['{"etcdAutopilot":1,"request":"look","from":"test"}'];
    for (let round = 0; round < bodies.length && round < 60; round += 1) {
      await functions.take(bodies[round] ?? '');
      bodies.push(...world.looks.splice(0));
    }
    expect(bodies.length).toBeGreaterThan(ROUNDS_OF_DETECTION + 1);
    expect(bodies.length).toBeLessThan(60);
    expect(new Set(bodies).size).toBe(bodies.length);
    expectWhole(world, 4);
  });
});
