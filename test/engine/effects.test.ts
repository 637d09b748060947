import { describe, expect, test } from 'vitest';
import type { ScalingPort } from '../../functions/core/ports.ts';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import {
  denied,
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  seconds,
  waitKinds,
} from '../support/story.ts';

const claimOf = (world: FakeWorld) => JSON.parse(world.parameters.get(`${PATH}bootstrap`) ?? '{}');

describe('a claim', () => {
  test('that stands is the one that counts: a pass that did not see it founds nothing of its own', async () => {
    const world = new FakeWorld(3);
    world.tick();
    const theirs = 'core-1-of-another-pass';
    world.interfere = (call) => {
      if (call !== 'parameters.create') return;
      const members = world.instances.map(({ id, address }) => [id, `http://${address}:2380`]);
      const claim = { number: 1, token: theirs, members: Object.fromEntries(members) };
      world.parameters.set(`${PATH}bootstrap`, JSON.stringify({ ...claim, claimedAt: '2026-01-01' }));
    };
    await minutes(world, 3);
    expect(claimOf(world).token).toBe(theirs);
    expectWhole(world, 3);
  });

  test('carries a token that no other founding of the same name has', async () => {
    const first = new FakeWorld(1);
    const second = new FakeWorld(1);
    await second.pass();
    await first.settle();
    await second.settle();
    expect(claimOf(first).token).not.toBe(claimOf(second).token);
    expect(claimOf(first).token).toContain('core-1-');
  });
});

test('a function that wakes up after its time changes nothing: another pass may be at work', async () => {
  const world = await grown(3);
  const leaver = followerOf(world);
  world.desired = 2;
  world.terminate(leaver);
  let isAsleep = false;
  world.interfere = (call) => {
    // Longer than a permit goes without renewal, then over the function's end and within the lease.
    if (call === 'parameters.readAll' && world.etcd.permit !== null && !isAsleep) seconds(world, 6);
    if (call !== 'etcd.renewPermit') return;
    isAsleep = true;
    seconds(world, 13);
  };
  await world.pass({ seconds: 18 });
  expect(isAsleep).toBe(true);
  expect(world.voters()).toContain(leaver);
  world.interfere = () => undefined;
  await world.settle();
  expectWhole(world, 2);
});

test('a promotion that etcd refuses is no step that was taken, and nobody is told that a member joined', async () => {
  const world = await grown(3);
  world.desired = 4;
  world.tick();
  world.events.length = 0;
  // Its reports say that it is in sync; etcd, which judges by what it knows, says no.
  world.interfere = (call) => {
    for (const process of world.etcd.processes.values()) process.lag = lagAt(world, call, process.memberId);
  };
  const report = await world.pass();
  const promotions = report.steps.filter(({ action }) => action.kind === 'promoteLearner');
  expect(promotions.map(({ error }) => error?.code)).toEqual(promotions.map(() => 'ETCD_REFUSED'));
  expect(promotions.length).toBeGreaterThan(0);
  expect(world.events.map(({ detailType }) => detailType)).not.toContain('Member Joined');
});

function lagAt(world: FakeWorld, call: string, memberId: string): bigint {
  const isLearner = world.etcd.members.some((member) => member.isLearner && member.id === memberId);
  return isLearner && call === 'etcd.promote' ? world.etcd.index : 0n;
}

test('three looks in sync are three in a row: a look in which the learner lags begins the count anew', async () => {
  const world = await grown(1);
  world.desired = 2;
  world.etcd.index = 100_000n;
  let lookCount = 0;
  world.interfere = (call) => {
    if (call !== 'etcd.probe') return;
    lookCount += 1;
    for (const process of world.etcd.processes.values()) {
      const isLearner = world.etcd.members.some(({ id, isLearner: is }) => is && id === process.memberId);
      process.lag = isLearner && lookCount % 3 === 0 ? 101n : 0n;
    }
  };
  expect(waitKinds(await minutes(world, 2))).toContain('learnerCatchingUp');
  expect(lookCount).toBeGreaterThan(20);
  expect(world.voters()).toHaveLength(1);
  expectSafe(world);
});

test('three looks in sync are three in a row: a look in which no voter answers begins the count anew', async () => {
  const world = await grown(1);
  world.desired = 2;
  let lookCount = 0;
  world.interfere = (call) => {
    if (call !== 'etcd.probe') return;
    lookCount += 1;
    const isLearning = world.etcd.members.some(({ isLearner }) => isLearner);
    for (const url of world.etcd.processes.keys()) {
      if (isLearning && lookCount % 3 === 0) world.etcd.unreachable.add(url);
      else world.etcd.unreachable.delete(url);
    }
  };
  await minutes(world, 2);
  expect(lookCount).toBeGreaterThan(20);
  expect(world.voters()).toHaveLength(1);
  expectSafe(world);
});

test('what the world refused for a whole pass is a failed pass, with the reason', async () => {
  const world = await grown(3);
  world.desired = 2;
  const leaver = followerOf(world);
  world.terminate(leaver);
  world.failing.set('scaling.complete', denied);
  const report = await world.pass();
  expect(report.outcome).toBe('failed');
  expect(report.error?.code).toBe('AWS_DENIED');
  expect(waitKinds(report)).toContain('refused');
  expect(world.voters()).not.toContain(leaver);
});

test('transfers that fail are counted by the pass that made them: after three the leader is removed', async () => {
  const world = await grown(3);
  world.transfersFail = true;
  world.failing.set('moveLeader', denied);
  let transferCount = 0;
  world.interfere = (call) => {
    if (call === 'etcd.moveLeader') transferCount += 1;
  };
  const leader = world.leaderName;
  world.terminate(leader);
  await world.pass();
  expect(transferCount).toBe(3);
  expect(world.voters()).not.toContain(leader);
});

test('a hook is answered once in a pass, though the group still lists its instance as waiting', async () => {
  const world = await grown(3);
  world.desired = 2;
  world.terminate(followerOf(world));
  const answered: string[] = [];
  answeringLate(world, async (hook) => {
    answered.push(hook.instanceId);
    return 'completed';
  });
  await world.pass();
  expect(answered).toHaveLength(1);
  await world.pass();
  expect(answered).toHaveLength(2);
  expect(effectsOf(world, /^complete/)).toHaveLength(3);
});

/** Auto Scaling takes answers, and shows nothing of it. */
function answeringLate(world: FakeWorld, complete: ScalingPort['complete']): void {
  const open = world.ports.bind(world);
  world.ports = (owner) => {
    const ports = open(owner);
    return { ...ports, scaling: { ...ports.scaling, complete } };
  };
}
