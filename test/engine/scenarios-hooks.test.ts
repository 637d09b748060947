import { describe, expect, test } from 'vitest';
import { type FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import {
  denied,
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

/** The platform keeps its own time: who is not answered in it is answered by default. */
function enforce(world: FakeWorld, times: { heartbeatSeconds: number; globalSeconds: number }): void {
  Object.assign(world.hooks, { enforced: true, ...times });
}

describe('S40 a hook cannot be answered', () => {
  test.each([
    ['throttled', throttled],
    ['denied', denied],
  ])(
    '%s: its heartbeats go on, it is told, and it is answered without its event when that ends',
    async (_, no) => {
      const world = await grown(3);
      world.failing.set('scaling.complete', no);
      const leaver = followerOf(world);
      world.terminate(leaver);
      const report = await minutes(world, 5);
      expect(report.outcome).toBe('failed');
      expect(report.waits).toContainEqual({ kind: 'refused', code: no().code, message: no().message });
      expect(world.voters()).not.toContain(leaver); // what does not need the answer is done
      expect(world.instance(leaver).lifecycle).toBe('Terminating:Wait');
      expect(world.heartbeats.slice(-2)).toContain(leaver);
      world.failing.clear();
      await world.settle();
      expectWhole(world, 3);
    },
  );

  test.each([
    ['two groups are the member group', (world: FakeWorld) => Object.assign(world, { groupCount: 2 })],
    ['the settings are broken', (world: FakeWorld) => world.parameters.set(`${PATH}config`, 'not json')],
  ])(
    'for half of its global limit while %s: that is told, though nothing is decided',
    async (_title, breaks) => {
      const world = await grown(3);
      enforce(world, { heartbeatSeconds: 300, globalSeconds: 1_800 });
      world.terminate(followerOf(world));
      breaks(world);
      expect(waitKinds(await minutes(world, 14))).not.toContain('hookPastHalf');
      expect(waitKinds(await minutes(world, 4))).toContain('hookPastHalf');
      // Who cannot say since when they wait hides neither the one nor the other reason.
      world.failing.set('scaling.listActivities', denied);
      expect(waitKinds(await minutes(world, 1))).toHaveLength(1);
    },
  );

  test('for half of its global limit: that is told as an alarm of its own, before the platform answers', async () => {
    const world = await grown(3);
    enforce(world, { heartbeatSeconds: 300, globalSeconds: 1_800 });
    world.failing.set('scaling.complete', denied);
    const leaver = followerOf(world);
    world.terminate(leaver);
    expect(waitKinds(await minutes(world, 14))).not.toContain('hookPastHalf');
    expect(waitKinds(await minutes(world, 4))).toContain('hookPastHalf');
    expect(world.events.map(({ detailType }) => detailType)).toContain('Action Held');
    await minutes(world, 16);
    expect(world.instance(leaver).listed).toBe(false); // the platform has let it go, long after it was no member
    world.failing.clear();
    await world.settle();
    expectWhole(world, 3);
  });
});

describe('S40 a hook was answered before', () => {
  test('by the platform, in the middle of a join: the learner goes with its machine, the next one joins', async () => {
    const world = await grown(3);
    world.imageBoots = false;
    world.desired = 4;
    world.tick();
    const newcomer = world.instances.at(-1)?.id ?? '';
    await minutes(world, 2);
    expect(world.etcd.members).toHaveLength(4);
    world.imageBoots = true;
    world.answerHook(world.instance(newcomer), 'ABANDON'); // its time is over
    seconds(world, 30);
    expect(world.instance(newcomer).lifecycle).not.toBe('Pending:Wait');
    await minutes(world, 2);
    await world.settle();
    expectWhole(world, 4);
    expect(world.voters()).not.toContain(newcomer);
  });

  test('by somebody, before the leader was removed: it is reconciled as one that vanished', async () => {
    const world = await grown(3);
    const leader = world.leaderName;
    world.terminate(leader);
    world.answerHook(world.instance(leader), 'CONTINUE');
    expect(world.voters()).toContain(leader);
    await minutes(world, 3);
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(leader);
  });

  test('in the same moment as by us: "no active lifecycle action" is success, and nobody is asked twice', async () => {
    const world = await grown(3);
    const leaver = followerOf(world);
    world.interfere = (call) => {
      const instance = world.instance(leaver);
      if (call === 'scaling.complete' && instance.lifecycle === 'Terminating:Wait')
        world.answerHook(instance, 'CONTINUE');
    };
    world.terminate(leaver);
    await world.settle();
    world.interfere = () => undefined;
    await world.settle();
    expectWhole(world, 3);
  });

  test('its reply was lost: the second answer finds nothing, and the work goes on', async () => {
    const world = await grown(3);
    world.loseOn = /^complete/;
    world.terminate(followerOf(world));
    world.tick();
    await world.pass();
    world.loseOn = null;
    await world.settle();
    expectWhole(world, 3);
    expect(effectsOf(world, /ABANDON/)).toEqual([]);
  });
});

test('S40 heartbeats alone keep a hook for longer than its own timeout', async () => {
  const world = await grown(3);
  enforce(world, { heartbeatSeconds: 90, globalSeconds: 9_000 });
  const leaver = followerOf(world);
  world.etcd.permit = {
    owner: 'somebody',
    reason: 'reboot',
    leaseId: 'of somebody',
    ttlSeconds: 20,
    expiresAtMs: world.nowMs + 600_000,
  };
  world.terminate(leaver);
  await minutes(world, 8);
  expect(world.instance(leaver).lifecycle).toBe('Terminating:Wait');
  expectSafe(world);
  await minutes(world, 4);
  await world.settle();
  expectWhole(world, 3);
});
