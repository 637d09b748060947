import { describe, expect, test } from 'vitest';
import { encodeChecks, NO_CHECKS } from '../../functions/core/checks/memory.ts';
import { type FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { effectsOf, expectSafe, expectWhole, followerOf, grown, minutes } from '../support/story.ts';

const memberIdOf = (world: FakeWorld, instanceId: string): string => world.processOf(instanceId).memberId;

/** etcd found it, and tells everybody. */
function spoil(world: FakeWorld, instanceId: string): string {
  const memberId = memberIdOf(world, instanceId);
  world.etcd.space.corrupt.add(memberId);
  world.etcd.alarms.set(memberId, 'CORRUPT');
  return memberId;
}

const CHANGES = /etcd\.(?:remove|addLearner|promote|disarm)|end instance/;

/** Its group launches another one in its time. */
async function settled(world: FakeWorld): Promise<void> {
  await minutes(world, 4);
  await world.settle();
}

describe('S60 etcd calls a member corrupt', () => {
  test('one of three: it is removed, its machine ended, the alarm taken back, and another takes its place', async () => {
    const world = await grown(3);
    const victim = followerOf(world);
    const memberId = spoil(world, victim);
    const before = world.effects.length;
    await settled(world);
    const done = world.effects.slice(before).filter((effect) => CHANGES.test(effect));
    expect(done.slice(0, 3)).toEqual(['etcd.remove', 'end instance', 'etcd.disarm']);
    expect(world.etcd.members.map(({ id }) => id)).not.toContain(memberId);
    expect(world.etcd.alarms.size).toBe(0);
    expect(world.voters()).not.toContain(victim);
    expectWhole(world, 3);
  });

  test('the leader gives leadership away before it is removed', async () => {
    const world = await grown(3);
    spoil(world, world.leaderName ?? '');
    const before = world.effects.length;
    await settled(world);
    const done = world.effects.slice(before).filter((effect) => /moveLeader|etcd\.remove/.test(effect));
    expect(done.slice(0, 2)).toEqual(['etcd.moveLeader', 'etcd.remove']);
    expectWhole(world, 3);
  });

  test('two of three: everything stands still, and a person is told', async () => {
    const world = await grown(3);
    for (const id of world.voters().slice(0, 2)) spoil(world, id);
    const before = world.effects.length;
    const report = await minutes(world, 3);
    expect(report.waits).toContainEqual(
      expect.objectContaining({ kind: 'corruptUnclear', because: 'alarms' }),
    );
    expect(world.effects.slice(before)).toEqual(['write status']);
    expect(world.parameters.get(`${PATH}status`)).toContain('corruptUnclear');
    expectSafe(world);
  });

  test('one that holds what the others hold is not believed to be corrupt', async () => {
    const world = await grown(3);
    spoil(world, followerOf(world));
    world.etcd.space.corrupt.clear();
    const before = world.effects.length;
    const report = await minutes(world, 3);
    expect(report.waits).toContainEqual(expect.objectContaining({ kind: 'corruptUnclear', because: 'same' }));
    expect(world.effects.slice(before)).toEqual(['write status']);
  });

  test('with another voter down it is not removed before that one is back', async () => {
    const world = await grown(3);
    const victim = followerOf(world);
    const other = world.voters().find((id) => id !== victim && id !== world.leaderName) ?? '';
    spoil(world, victim);
    world.processOf(other).up = false;
    const report = await minutes(world, 2);
    expect(report.waits).toContainEqual(
      expect.objectContaining({ kind: 'corruptUnclear', because: 'noMajority' }),
    );
    expect(effectsOf(world, /etcd\.remove|disarm|end instance/)).toEqual([]);
    world.processOf(other).up = true;
    await settled(world);
    expectWhole(world, 3);
  });
});

describe('checks found that the databases differ, and etcd raised no alarm', () => {
  /** As checks leave it after one look. */
  function suspect(world: FakeWorld): void {
    const finding = {
      code: 'hashesDiffer',
      severity: 'critical',
      subject: '',
      text: '',
      since: new Date(world.nowMs).toISOString(),
      repair: 'left',
    } as const;
    world.parameters.set(`${PATH}checks`, encodeChecks({ ...NO_CHECKS, findings: [finding] }));
  }

  test('the one that differs is removed under the permit, and its machine ended', async () => {
    const world = await grown(3);
    const victim = followerOf(world);
    world.etcd.space.corrupt.add(memberIdOf(world, victim));
    suspect(world);
    const before = world.effects.length;
    await settled(world);
    const done = world.effects.slice(before).filter((effect) => CHANGES.test(effect));
    expect(done.slice(0, 2)).toEqual(['etcd.remove', 'end instance']);
    expectWhole(world, 3);
  });

  test('nothing is done where the hashes are the same by now', async () => {
    const world = await grown(3);
    suspect(world);
    await minutes(world, 2);
    expect(effectsOf(world, /etcd\.remove|end instance/)).toEqual([]);
  });

  test('nothing changes any more where no majority holds the same', async () => {
    const world = await grown(3);
    const [victim = '', other = ''] = world.voters();
    world.etcd.space.corrupt.add(memberIdOf(world, victim));
    world.processOf(other).up = false;
    suspect(world);
    world.terminate(other);
    world.tick();
    await world.pass();
    const before = world.effects.length;
    const report = await minutes(world, 2);
    expect(report.waits).toContainEqual(expect.objectContaining({ kind: 'corruptUnclear' }));
    expect(world.effects.slice(before).filter((effect) => CHANGES.test(effect))).toEqual([]);
  });
});
