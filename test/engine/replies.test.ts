import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { type FakeWorld, Killed } from '../simulation/world/fake-world.ts';
import { effectsOf, expectSafe, expectWhole, grown, minutes, waitKinds } from '../support/story.ts';

/** The reply to the next effect of this name is lost: applied, but nobody hears of it. */
function loseReplyTo(world: FakeWorld, effect: string): void {
  const before = world.etcd.onEffect;
  let isLost = false;
  world.etcd.onEffect = (name) => {
    before(name);
    if (isLost || name !== effect) return;
    isLost = true;
    throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', `the reply to ${name} was lost`);
  };
}

describe('S20, S21, S22 a change is applied and its reply is lost', () => {
  test.each(['addLearner', 'remove', 'promote', 'moveLeader'])('%s is seen, not repeated', async (effect) => {
    const world = await grown(3);
    loseReplyTo(world, effect);
    world.terminate(world.leaderName);
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, new RegExp(`etcd.${effect}$`))).toHaveLength(1);
  });

  test('the permit was taken: it is found to be ours, and the work goes on', async () => {
    const world = await grown(3);
    loseReplyTo(world, 'takePermit');
    world.terminate(world.leaderName);
    await world.settle();
    expectWhole(world, 3);
  });

  test('a promotion that etcd calls not in sync is tried again', async () => {
    const world = await grown(3);
    world.desired = 4;
    let refusalCount = 0;
    world.interfere = (call) => {
      const isLearner = ({ memberId }: { memberId: string }) =>
        world.etcd.members.some((member) => member.isLearner && member.id === memberId);
      if (call !== 'etcd.promote' && call !== 'etcd.probe') return;
      const isPromotion = call === 'etcd.promote' && refusalCount < 3;
      if (isPromotion) refusalCount += 1;
      for (const process of world.etcd.processes.values()) {
        process.lag = isPromotion && isLearner(process) ? world.etcd.index : 0n;
      }
    };
    await world.settle();
    expect(refusalCount).toBe(3);
    expectWhole(world, 4);
  });

  test('etcd refuses an add as unhealthy for some seconds: it is tried again in the same pass', async () => {
    const world = await grown(3);
    world.desired = 4;
    world.tick();
    let refusalCount = 0;
    world.interfere = (call) => {
      if (call !== 'etcd.addLearner' || refusalCount === 5) return;
      refusalCount += 1;
      throw new OperationError('ETCD_REFUSED', 'nextLook', 'etcdserver: unhealthy cluster');
    };
    await world.pass();
    expectWhole(world, 4);
  });
});

describe('S24, S73 a learner was added, and its instance dies before its etcd ran', () => {
  /** A fourth instance joins, and the function dies right after such an effect. */
  async function added(after: RegExp): Promise<{ world: FakeWorld; newcomer: string }> {
    const world = await grown(3);
    world.imageBoots = false;
    world.desired = 4;
    world.tick();
    // What is told before the member is added is another matter.
    world.interfere = (call) => {
      if (call === 'etcd.addLearner' || after.source.includes('members')) world.killOn = after;
    };
    await expect(world.pass()).rejects.toThrow(Killed);
    world.imageBoots = true;
    return { world, newcomer: world.instances[3]?.id ?? '' };
  }

  test.each([/etcd\.addLearner/, /write status/])('and the pass died after %s', async (after) => {
    const { world, newcomer } = await added(after);
    expect(world.etcd.members).toHaveLength(4);
    world.vanish(newcomer);
    await world.settle();
    expectWhole(world, 4);
    expect(effectsOf(world, /etcd\.addLearner/)).toHaveLength(2);
  });

  test('it was only announced: its ticket goes with it', async () => {
    const { world, newcomer } = await added(/write members/);
    expect(world.etcd.members).toHaveLength(3);
    world.vanish(newcomer);
    world.desired = 3;
    await world.settle();
    expectWhole(world, 3);
  });
});

describe('S25 a learner was added, and its instance still boots', () => {
  test('it is left alone until its grace is over, and nobody else is added', async () => {
    const world = await grown(3);
    world.imageBoots = false;
    world.desired = 5;
    const report = await minutes(world, 4);
    expect(waitKinds(report)).toEqual(['memberStarting', 'joinQueued']);
    expect(effectsOf(world, /etcd\.(addLearner|remove)/)).toEqual(['etcd.addLearner']);
    for (const instance of world.instances) instance.boots = true;
    await world.settle();
    expectWhole(world, 5);
  });

  test('a voter that dies meanwhile is removed first', async () => {
    const world = await grown(3);
    world.imageBoots = false;
    world.desired = 4;
    await minutes(world, 1);
    world.vanish(world.voters()[0] ?? '');
    await minutes(world, 2); // it led, and another one is elected first
    expect(world.voters()).toHaveLength(2);
    expectSafe(world);
    for (const instance of world.instances) instance.boots = true;
    world.imageBoots = true;
    await world.settle();
    expectWhole(world, 4);
  });
});
