import { describe, expect, test } from 'vitest';
import { detach, enterStandby, exitStandby } from './aside.ts';
import { FakeWorld } from './fake-world.ts';
import { LAUNCH_HOOK, TERMINATE_HOOK } from './hooks.ts';
import { isInService } from './instance.ts';

/** A group whose hooks are answered at once, after so many seconds. */
function lived(world: FakeWorld, seconds: number): FakeWorld {
  world.hooks.enforced = true;
  for (let second = 0; second < seconds; second += 1) {
    world.tick();
    for (const one of world.instances) {
      const hookName = one.lifecycle === 'Pending:Wait' ? LAUNCH_HOOK : TERMINATE_HOOK;
      world.complete({ groupName: world.groupName, hookName, instanceId: one.id }, 'CONTINUE');
    }
  }
  return world;
}

function group(desired: number, zones: readonly string[] = ['a']): FakeWorld {
  const world = new FakeWorld(desired);
  world.zones.names = zones;
  return lived(world, 2);
}

const listed = (world: FakeWorld) => world.instances.filter((one) => one.listed);
const serials = (world: FakeWorld) => listed(world).map(({ id }) => Number.parseInt(id.slice(2), 16));
const zonesOf = (world: FakeWorld) =>
  listed(world)
    .map(({ zone }) => zone)
    .sort()
    .join('');
const nth = (world: FakeWorld, serial: number) => world.instance(world.instances[serial - 1]?.id ?? '');

describe('scale-in takes', () => {
  test.each([
    ['OldestInstance', [2, 3]],
    ['NewestInstance', [1, 2]],
  ] as const)('by %s', (policy, left) => {
    const world = group(3);
    Object.assign(world, { policy, desired: 2 });
    expect(serials(lived(world, 1))).toEqual(left);
  });

  test('from the zone that has most, whatever the policy prefers', () => {
    const world = group(3, ['a', 'b']);
    expect(world.instances.map(({ zone }) => zone)).toEqual(['a', 'b', 'a']);
    nth(world, 2).zone = 'a';
    nth(world, 3).zone = 'b';
    Object.assign(world, { policy: 'NewestInstance', desired: 2 });
    expect(serials(lived(world, 1))).toEqual([1, 3]);
  });

  test('nobody who is protected', () => {
    const world = group(3);
    nth(world, 1).isProtected = true;
    world.desired = 1;
    expect(serials(lived(world, 3))).toEqual([1]);
  });

  test('nobody while terminations are suspended', () => {
    const world = group(3);
    world.suspended.add('Terminate');
    world.desired = 1;
    expect(serials(lived(world, 3))).toEqual([1, 2, 3]);
  });
});

describe('a launch', () => {
  test('goes to the emptiest zone that has capacity', () => {
    const world = new FakeWorld(3);
    world.zones.names = ['a', 'b', 'c'];
    world.zones.full.add('b');
    expect(zonesOf(lived(world, 2))).toBe('aac');
  });

  test('does not happen where no zone has any, until one has', () => {
    const world = new FakeWorld(2);
    world.zones.full.add('a');
    expect(listed(lived(world, 5))).toEqual([]);
    world.zones.full.clear();
    expect(listed(lived(world, 2))).toHaveLength(2);
  });

  test('takes its time: the machine boots before it waits in its hook', () => {
    const world = new FakeWorld(1);
    world.times.bootSeconds = 3;
    world.tick();
    expect(nth(world, 1)).toMatchObject({ lifecycle: 'Pending', state: 'pending' });
    for (let second = 0; second < 3; second += 1) world.tick();
    expect(nth(world, 1)).toMatchObject({ lifecycle: 'Pending:Wait', state: 'running' });
  });
});

describe('a machine that EC2 has ended', () => {
  test.each([
    [true, 'Terminating:Wait'],
    [false, 'Terminating:Proceed'],
  ])('is noticed by and by, and replaced; passes the hook: %s', (holdsGone, lifecycle) => {
    const world = group(1);
    Object.assign(world.hooks, { holdsGone });
    world.times.noticeSeconds = 10;
    world.kill(nth(world, 1).id);
    for (let second = 0; second < 9; second += 1) world.tick();
    expect(nth(world, 1)).toMatchObject({ lifecycle: 'InService', state: 'terminated', listed: true });
    world.tick();
    expect(nth(world, 1).lifecycle).toBe(lifecycle);
    expect(serials(lived(world, 2))).toEqual([2]);
  });

  test('is not noticed in standby, nor while health checks are suspended', () => {
    const world = group(2);
    world.times.noticeSeconds = 1;
    enterStandby(world, nth(world, 1).id, true);
    world.suspended.add('HealthCheck');
    for (const one of listed(world)) world.kill(one.id);
    expect(serials(lived(world, 5))).toEqual([1, 2]);
    world.suspended.clear();
    expect(serials(lived(world, 5))).toEqual([1, 3]);
  });
});

test('standby is not counted, and is left through the launch hook, with the capacity raised', () => {
  const world = group(2);
  enterStandby(world, nth(world, 1).id, true);
  expect([world.desired, serials(lived(world, 2))]).toEqual([1, [1, 2]]);
  exitStandby(world, nth(world, 1).id);
  expect([world.desired, nth(world, 1).lifecycle]).toEqual([2, 'Pending:Wait']);
  expect(listed(lived(world, 1)).every(isInService)).toBe(true);
});

test('a detached machine runs on, without hook, and is replaced unless the capacity shrank by it', () => {
  const world = group(2);
  detach(world, nth(world, 1).id, false);
  detach(world, nth(world, 2).id, true);
  expect(serials(lived(world, 2))).toEqual([3]);
  expect([nth(world, 1).state, nth(world, 2).state]).toEqual(['running', 'running']);
});

test('an unhealthy instance stays until its replacement is in service, where the group launches first', () => {
  const world = group(1);
  world.launchesFirst = true;
  nth(world, 1).health = 'Unhealthy';
  world.tick();
  expect(listed(world).map(({ lifecycle }) => lifecycle)).toEqual(['InService', 'Pending:Wait']);
  expect(serials(lived(world, 3))).toEqual([2]);
});

test('zones that differ by two are evened out, launching before terminating', () => {
  const world = group(4, ['a', 'b']);
  world.zones.full.add('b');
  for (const one of listed(world)) if (one.zone === 'b') world.vanish(one.id);
  expect(zonesOf(lived(world, 3))).toBe('aaaa');
  world.zones.full.clear();
  world.tick();
  world.tick();
  expect(zonesOf(world)).toBe('aaaab');
  expect(zonesOf(lived(world, 8))).toBe('aabb');
});

test('a warm pool is filled, gives its machines back with their disks, and is filled again', () => {
  const world = group(1);
  world.poolSize = 1;
  lived(world, 1);
  const pooled = nth(world, 2);
  expect(pooled).toMatchObject({ lifecycle: 'Warmed:Stopped', state: 'stopped' });
  pooled.disk = '42';
  world.desired = 2;
  lived(world, 2);
  expect(pooled).toMatchObject({ lifecycle: 'InService', state: 'running', disk: '42' });
  expect(nth(world, 3).lifecycle).toBe('Warmed:Stopped');
});
