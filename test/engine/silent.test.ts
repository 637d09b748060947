import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { REPORTS_MAX } from '../../functions/core/plan/unhealthy.ts';
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

const REPORTS = /report unhealthy|end instance/;

/** A follower whose etcd hangs, as by SIGSTOP or a stalled disk. */
async function frozen(size = 3): Promise<{ readonly world: FakeWorld; readonly id: string }> {
  const world = await grown(size);
  const id = followerOf(world);
  world.processOf(id).frozen = true;
  return { world, id };
}

describe('S14 a voter restarts slowly, its machine is up', () => {
  test('it is told of and stays for twice the grace of silence, and nothing is done to its instance', async () => {
    const world = await grown(3);
    const slow = followerOf(world);
    world.processOf(slow).up = false;
    const report = await minutes(world, 10);
    expect(report.waits).toMatchObject([{ kind: 'voterSilent', because: 'refused', next: 'grace' }]);
    expect(effectsOf(world, /etcd\.(remove|add)|report|end instance/)).toEqual([]);
    world.processOf(slow).up = true;
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).toContain(slow);
  });
});

describe('S15 a voter is frozen, its machine runs', () => {
  test('while another one leaves: that one is held, and goes when the frozen one is replaced', async () => {
    const { world, id } = await frozen();
    const leaver = world.voters().find((name) => name !== id && name !== world.leaderName) ?? '';
    world.terminate(leaver);
    await minutes(world, 5);
    expect(effectsOf(world, /etcd\.remove|report/)).toEqual([]);
    expect(world.heartbeats).toContain(leaver);
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, REPORTS)).toEqual(['report unhealthy', 'end instance']);
    expect(world.voters()).not.toContain(leaver);
  });

  test('it is left alone within its grace', async () => {
    const { world, id } = await frozen();
    const report = await minutes(world, 5);
    expect(report.waits).toMatchObject([{ kind: 'voterSilent', next: 'grace' }]);
    expect(effectsOf(world, REPORTS)).toEqual([]);
    world.processOf(id).frozen = false;
    await world.settle();
    expectWhole(world, 3);
  });

  test('its group is told after its grace, and replaces it through the hooks', async () => {
    const { world, id } = await frozen();
    await minutes(world, 7);
    expect(effectsOf(world, REPORTS)).toEqual(['report unhealthy']);
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(id);
  });

  test.each(['3.4.23', '3.5.33'])(
    'it is ended where its group launches first, for its replacement could never vote beside it: etcd %s',
    async (version) => {
      const { world, id } = await frozen();
      world.etcd.version = version;
      world.launchesFirst = true;
      await minutes(world, 8);
      expect(effectsOf(world, REPORTS)).toEqual(['report unhealthy', 'end instance']);
      await world.settle();
      expectWhole(world, 3);
      expect(world.voters()).not.toContain(id);
    },
  );

  test('two of five are replaced one after the other', async () => {
    const world = await grown(5);
    const [one, two] = world.voters().filter((voter) => voter !== world.leaderName);
    for (const id of [one ?? '', two ?? '']) world.processOf(id).frozen = true;
    await minutes(world, 8);
    await world.settle();
    expectWhole(world, 5);
    expect(effectsOf(world, /report unhealthy/)).toHaveLength(2);
  });

  test('a memory of silence that ended does not count: every silence has its whole grace', async () => {
    const { world, id } = await frozen();
    await minutes(world, 4);
    world.processOf(id).frozen = false;
    await minutes(world, 1);
    world.processOf(id).frozen = true;
    await minutes(world, 4);
    expect(effectsOf(world, REPORTS)).toEqual([]);
    expectSafe(world);
  });

  test('a report that is lost, or refused, is made again and counted once', async () => {
    const { world } = await frozen();
    world.failing.set(
      'scaling.reportUnhealthy',
      () => new OperationError('AWS_THROTTLED', 'nextLook', 'rate'),
    );
    await minutes(world, 7);
    world.failing.clear();
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, REPORTS)).toEqual(['report unhealthy']);
  });

  test('with a memory that a newer version wrote, nobody is reported', async () => {
    const { world } = await frozen();
    world.etcd.keys.set('/etcd-autopilot/state', JSON.stringify({ version: 2 }));
    await minutes(world, 10);
    expect(effectsOf(world, REPORTS)).toEqual([]);
  });
});

describe('S62 only we cannot reach a voter', () => {
  test('it is never reported: the leader hears from it', async () => {
    const world = await grown(3);
    const far = followerOf(world);
    world.etcd.unreachable.add(world.clientUrl(world.instance(far)));
    const report = await minutes(world, 30);
    expect(report.waits).toMatchObject([{ kind: 'voterSilent', because: 'unreachable', next: 'heard' }]);
    expect(effectsOf(world, REPORTS)).toEqual([]);
    world.etcd.unreachable.clear();
    await world.settle();
    expectWhole(world, 3);
  });

  test('nor is one that hangs while the leader does not say whom it hears', async () => {
    const { world } = await frozen();
    world.failing.set(
      'etcd.received',
      () => new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'no metrics'),
    );
    const report = await minutes(world, 30);
    expect(report.waits).toMatchObject([{ kind: 'voterSilent', because: 'deadline', next: 'unconfirmed' }]);
    expect(effectsOf(world, REPORTS)).toEqual([]);
    expectSafe(world);
  });
});

test('S64, S65 a voter that denies us is unknown, and never reported', async () => {
  const world = await grown(3);
  world.processOf(followerOf(world)).denies = true;
  const report = await minutes(world, 30);
  expect(report.waits).toMatchObject([{ kind: 'voterSilent', because: 'denied', next: 'kept' }]);
  expect(effectsOf(world, /etcd\.(remove|add)|report|end instance/)).toEqual([]);
});

test('a fault that comes back with every machine is not followed for ever: after some reports a person is asked', async () => {
  const world = await grown(3);
  for (let round = 0; round < REPORTS_MAX; round += 1) {
    world.processOf(followerOf(world)).frozen = true;
    await minutes(world, 8);
    await world.settle();
    expectWhole(world, 3);
  }
  world.processOf(followerOf(world)).frozen = true;
  const report = await minutes(world, 60);
  expect(waitKinds(report)).toContain('replacementsExhausted');
  expect(effectsOf(world, REPORTS)).toHaveLength(REPORTS_MAX);
  expectSafe(world);
  seconds(world, 86_400);
  await minutes(world, 8);
  await world.settle();
  expectWhole(world, 3);
});

describe('S36 EC2 announces the end of a machine', () => {
  test.each(['spotInterruption', 'retirement'] as const)(
    'its voter leaves through the hook before (%s)',
    async (why) => {
      const world = await grown(3);
      const ending = world.leaderName;
      world.instance(ending).ending = why;
      const report = await world.pass();
      expect(waitKinds(report)).toContain('machineEnding');
      await world.settle();
      expectWhole(world, 3);
      expect(world.voters()).not.toContain(ending);
      expect(effectsOf(world, /report unhealthy|moveLeader/)).toEqual([
        'report unhealthy',
        'etcd.moveLeader',
      ]);
    },
  );

  test('what EC2 does not want to say ends nobody, and stops nothing', async () => {
    const world = await grown(3);
    world.failing.set('machines.endings', () => new OperationError('AWS_DENIED', 'never', 'not authorized'));
    world.vanish(followerOf(world));
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, REPORTS)).toEqual([]);
  });
});
