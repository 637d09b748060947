import { describe, expect, test } from 'vitest';
import { FakeWorld } from '../simulation/world/fake-world.ts';
import {
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  seconds,
  snapshot,
  waitKinds,
} from '../support/story.ts';

describe('the permit', () => {
  const SOMEBODY = { owner: 'reboot-gate', reason: 'reboot', leaseId: 'of somebody', ttlSeconds: 20 };

  test('is held by somebody else: nothing is disturbed, and it is told; then the work is done', async () => {
    const world = await grown(3);
    world.terminate(followerOf(world));
    world.etcd.permit = { ...SOMEBODY, expiresAtMs: world.nowMs + 170_000 };
    const members = structuredClone(world.etcd.members);
    const report = await minutes(world, 2);
    expect(waitKinds(report)).toContain('permitHeld');
    expect(world.etcd.members).toEqual(members);
    expectSafe(world);
    seconds(world, 60);
    await world.settle();
    expectWhole(world, 3);
  });

  test('is lost in the middle of a pass: it is taken again before the next change', async () => {
    const world = await grown(3);
    world.desired = 5;
    world.tick();
    let lostCount = 0;
    world.interfere = (call) => {
      if (call !== 'parameters.readAll' || world.etcd.permit === null || lostCount === 3) return;
      lostCount += 1;
      world.etcd.permit = null;
      seconds(world, 6); // longer than a lease goes without renewal
    };
    await world.settle();
    expect(lostCount).toBe(3);
    expectWhole(world, 5);
  });

  test('is renewed before the next change, though the clock of the function went back', async () => {
    const world = await grown(3);
    world.desired = 5;
    world.tick();
    let lostCount = 0;
    world.interfere = (call) => {
      if (call !== 'parameters.readAll' || world.etcd.permit === null || lostCount === 3) return;
      lostCount += 1;
      world.etcd.permit = null;
      world.skewMs -= 3_600_000;
      seconds(world, 6);
    };
    await world.settle();
    expect(lostCount).toBe(3);
    expectWhole(world, 5);
  });

  test('goes to somebody else in the middle of a pass: what is left waits', async () => {
    const world = await grown(3);
    world.desired = 4;
    world.tick();
    let isTaken = false;
    world.interfere = (call) => {
      if (call !== 'parameters.readAll' || world.etcd.members.length < 4 || isTaken) return;
      isTaken = true;
      world.etcd.permit = { ...SOMEBODY, expiresAtMs: world.nowMs + 100_000 };
      seconds(world, 6);
    };
    const report = await world.pass();
    expect(waitKinds(report)).toContain('permitHeld');
    expect(world.voters()).toHaveLength(3);
    expectSafe(world);
    world.interfere = () => undefined;
    seconds(world, 60);
    await world.settle();
    expectWhole(world, 4);
  });

  test('was just taken: what was seen before does not count', async () => {
    const world = await grown(3);
    const [leaver = '', other = ''] = world.voters().filter((id) => id !== world.leaderName);
    world.desired = 2;
    world.terminate(leaver);
    world.interfere = (call) => {
      if (call === 'etcd.takePermit') world.processOf(other).up = false;
    };
    const report = await world.pass();
    expect(waitKinds(report)).toContain('quorumAtRisk');
    expect(world.voters()).toContain(leaver);
    expectSafe(world);
  });

  test('is given back when the pass is over', async () => {
    const world = await grown(3);
    world.terminate(followerOf(world));
    await world.settle();
    expect(world.etcd.permit).toBeNull();
  });
});

describe('a dry run', () => {
  test.each(['dryRun', 'look'] as const)('(%s) plans, and changes nothing', async (mode) => {
    const world = await grown(3);
    world.vanish(followerOf(world));
    world.tick();
    const count = world.heartbeats.length;
    const before = snapshot(world);
    const report = await world.pass({ mode });
    expect(report.outcome).toBe('dryRun');
    expect(report.pending.map(({ kind }) => kind)).toContain('removeMember');
    expect(snapshot(world)).toEqual(before);
    expect(world.heartbeats.length - count).toBe(mode === 'dryRun' ? 1 : 0);
    expect(world.etcd.permit).toBeNull();
  });

  test('of a founding claims nothing', async () => {
    const world = new FakeWorld(3);
    world.tick();
    const report = await world.pass({ mode: 'dryRun' });
    expect(report.pending.map(({ kind }) => kind)).toEqual(['claimCluster']);
    expect(world.effects).toEqual([]);
  });
});
