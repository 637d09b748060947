import { describe, expect, test } from 'vitest';
import { FakeWorld } from './fake-world.ts';
import { hooksHolding } from './hooks.ts';
import { countsForCapacity, type FakeInstance, isInService } from './instance.ts';
import type { RefreshWay } from './refresh.ts';

interface Range {
  readonly least: number;
  readonly most: number;
}

/** Hooks are answered three seconds after they began. */
function refreshed(
  way: RefreshWay,
  prepare: (world: FakeWorld) => void = () => undefined,
): [FakeWorld, Range] {
  const world = new FakeWorld(3);
  world.hooks.enforced = true;
  const counts: number[] = [];
  const inService: number[] = [];
  const seconds = (count: number) => {
    for (let second = 0; second < count; second += 1) {
      world.tick();
      for (const one of world.instances)
        if (hooksHolding(one).length > 0 && world.nowMs - one.hookAtMs >= 3_000)
          world.answerHook(one, 'CONTINUE');
      counts.push(world.instances.filter((one) => countsForCapacity(one) || isLeaving(one)).length);
      inService.push(world.instances.filter(isInService).length);
    }
  };
  seconds(10);
  counts.length = 0;
  inService.length = 0;
  prepare(world);
  world.refresh.start(world, way);
  seconds(60);
  return [world, { least: Math.min(...inService), most: Math.max(...counts) }];
}

const isLeaving = ({ listed, lifecycle }: FakeInstance): boolean =>
  listed && lifecycle === 'Terminating:Wait';

const left = (world: FakeWorld) =>
  world.instances.filter(isInService).map(({ id }) => Number.parseInt(id.slice(2), 16));

describe('an instance refresh replaces everything, one by one,', () => {
  test.each<[RefreshWay, Range]>([
    ['launchFirst', { least: 3, most: 4 }],
    ['terminateFirst', { least: 2, most: 3 }],
    ['both', { least: 2, most: 4 }],
  ])('within the bounds of %s', (way, range) => {
    const [world, seen] = refreshed(way);
    expect(left(world)).toEqual([4, 5, 6]);
    expect(world.refresh.isRunning).toBe(false);
    expect(seen).toEqual(range);
  });

  test('but waits for who is protected, until it is cancelled', () => {
    const [world] = refreshed('launchFirst', (prepared) => {
      for (const one of prepared.instances.slice(0, 1)) one.isProtected = true;
    });
    expect(left(world)).toEqual([1, 4, 5]);
    expect(world.refresh.isRunning).toBe(true);
    world.refresh.cancel(world);
    expect(world.refresh.isRunning).toBe(false);
  });

  test.each([
    ['CONTINUE', [2, 3, 4]],
    ['ABANDON', [1, 2, 3]],
  ] as const)('and gently cancelled finishes what it has launched: %s', (result, ids) => {
    const world = new FakeWorld(3);
    world.tick();
    for (const one of world.instances) world.answerHook(one, 'CONTINUE');
    world.refresh.start(world, 'launchFirst');
    const startedAtMs = world.nowMs;
    for (let second = 0; second < 3; second += 1) world.tick();
    expect(world.refresh.wasRunning(startedAtMs)).toBe(true);
    expect(world.refresh.wasRunning(startedAtMs - 1)).toBe(false);
    world.refresh.cancelGently(world);
    expect(world.refresh.isRunning).toBe(false);
    for (let second = 0; second < 20; second += 1) {
      world.tick();
      for (const one of world.instances) if (hooksHolding(one).length > 0) world.answerHook(one, result);
    }
    expect(left(world)).toEqual(ids);
    expect(world.instances).toHaveLength(4);
    expect(world.swaps.isEmpty).toBe(true);
  });

  test('and stops while a hook is not answered', () => {
    const world = new FakeWorld(2);
    world.tick();
    for (const one of world.instances) world.answerHook(one, 'CONTINUE');
    world.refresh.start(world, 'terminateFirst');
    for (let second = 0; second < 100; second += 1) world.tick();
    expect(world.instances.map(({ lifecycle }) => lifecycle)).toEqual(['Terminating:Wait', 'InService']);
  });

  test('and launches no more once the group is to hold nobody', () => {
    const [world] = refreshed('launchFirst');
    world.refresh.start(world, 'launchFirst');
    world.tick();
    const launchedCount = world.instances.length;
    world.desired = 0;
    for (let second = 0; second < 30; second += 1) {
      world.tick();
      for (const one of world.instances) if (hooksHolding(one).length > 0) world.answerHook(one, 'ABANDON');
    }
    expect(world.instances).toHaveLength(launchedCount);
    expect(world.instances.filter(({ listed }) => listed)).toEqual([]);
  });
});
