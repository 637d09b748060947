import { describe, expect, test } from 'vitest';
import { endRetained } from '../simulation/world/aside.ts';
import { type FakeWorld, PATH } from '../simulation/world/fake-world.ts';
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

const GLOBAL_MINUTES = 30;

/** Two voters of three are left and no machine is to be had when one of them is told to leave. */
async function heldLeaver(retains: boolean): Promise<{ readonly world: FakeWorld; readonly leaver: string }> {
  const world = await grown(3);
  world.capacity = 2;
  world.vanish(followerOf(world));
  await minutes(world, 3);
  expect(world.voters()).toHaveLength(2);
  Object.assign(world.hooks, {
    enforced: true,
    heartbeatSeconds: 300,
    globalSeconds: GLOBAL_MINUTES * 60,
    retains,
  });
  const leaver = followerOf(world);
  world.capacity = 1; // the one that stays
  world.terminate(leaver);
  return { world, leaver };
}

const heldEvents = (world: FakeWorld) =>
  world.events.filter(({ detailType }) => detailType === 'Action Held').map(({ detail }) => detail);

describe('S40b a terminate hook reaches its global limit while its member cannot be removed', () => {
  test('the group retains the instance: its voter counts on, and everybody is told', async () => {
    const { world, leaver } = await heldLeaver(true);
    expect(waitKinds(await minutes(world, GLOBAL_MINUTES / 2 + 2))).toContain('hookPastHalf');
    expect(heldEvents(world)).toEqual([expect.objectContaining({ instanceId: leaver })]);
    const report = await minutes(world, GLOBAL_MINUTES / 2);
    expect(world.instance(leaver).lifecycle).toBe('Terminating:Retained');
    expect(world.voters()).toContain(leaver);
    expect(report.waits).toContainEqual({ kind: 'instanceRetained', instanceId: leaver });
    expect(JSON.parse(world.parameters.get(`${PATH}status`) ?? '').waits).toContainEqual({
      kind: 'instanceRetained',
      subject: leaver,
    });
    expect(heldEvents(world)).toHaveLength(2);
    expect(effectsOf(world, /etcd\.remove/)).toHaveLength(1); // the one that vanished
    expectSafe(world);
  });

  test('when machines are to be had again its replacement votes first, then it is removed; a person ends it', async () => {
    const { world, leaver } = await heldLeaver(true);
    await minutes(world, GLOBAL_MINUTES + 2);
    world.capacity = Number.POSITIVE_INFINITY;
    await minutes(world, 5);
    expect(world.voters()).toHaveLength(3);
    expect(world.voters()).not.toContain(leaver);
    expect(waitKinds(await minutes(world, 60))).toEqual(['instanceRetained']);
    expect(world.instance(leaver).state).toBe('running');
    world.times.noticeSeconds = 5;
    endRetained(world);
    seconds(world, 10);
    await world.settle();
    expectWhole(world, 3);
    expect(heldEvents(world).filter(({ instanceId }) => instanceId === leaver)).toHaveLength(2);
  });

  test('a group without that policy ends it all the same, which was told at half of the limit', async () => {
    const { world, leaver } = await heldLeaver(false);
    expect(waitKinds(await minutes(world, GLOBAL_MINUTES / 2 + 2))).toContain('hookPastHalf');
    expect(world.voters()).toContain(leaver);
    expect(world.instance(leaver).state).toBe('running');
    await minutes(world, GLOBAL_MINUTES / 2);
    expect(world.instance(leaver).state).toBe('terminated');
    expectSafe(world);
  });
});
