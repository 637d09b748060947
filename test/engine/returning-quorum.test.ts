import { expect, test } from 'vitest';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { effectsOf, expectSafe, expectWhole, followerOf, grown, waitKinds } from '../support/story.ts';

/** Every process is killed; those of the others are up again after so long, seen by the world's own clock. */
function killAll(world: FakeWorld, backAfterMs: number): void {
  const processes = world.voters().map((id) => world.processOf(id));
  for (const process of processes) process.up = false;
  const backAtMs = world.nowMs + backAfterMs;
  world.interfere = () => {
    if (world.nowMs >= backAtMs) for (const process of processes.slice(0, 2)) process.up = true;
  };
}

/** Three voters, one of them in its terminate hook. */
async function withLeaver(): Promise<FakeWorld> {
  const world = await grown(3);
  const [, , last = followerOf(world)] = world.voters();
  world.terminate(last);
  world.tick();
  return world;
}

test('a pass waits for processes that start again, when somebody waits in a hook: no event tells of it', async () => {
  const world = await withLeaver();
  killAll(world, 4_000);
  const report = await world.pass();
  expect(waitKinds(report)).not.toContain('quorumUnknown');
  expect(effectsOf(world, /etcd\.remove/)).toHaveLength(1);
  await world.settle();
  expectWhole(world, 3);
  expectSafe(world);
});

test('it waits for half a minute since the hook began, and not for a majority that stays away', async () => {
  const world = await withLeaver();
  killAll(world, Number.POSITIVE_INFINITY);
  const before = effectsOf(world, /etcd\./);
  const startedMs = world.nowMs;
  const report = await world.pass();
  expect(waitKinds(report)).toContain('quorumUnknown');
  expect(world.nowMs - startedMs).toBeGreaterThan(20_000);
  expect(world.nowMs - startedMs).toBeLessThan(35_000);
  const againMs = world.nowMs;
  await world.pass();
  expect(world.nowMs - againMs).toBeLessThan(5_000);
  expect(effectsOf(world, /etcd\./)).toEqual(before);
});

test('where nobody waits in a hook a lost quorum is left to the schedule', async () => {
  const world = await grown(3);
  killAll(world, 4_000);
  const startedMs = world.nowMs;
  expect(waitKinds(await world.pass())).toEqual(['quorumUnknown']);
  expect(world.nowMs - startedMs).toBeLessThan(3_500);
});
