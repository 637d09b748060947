import { beforeEach, describe, expect, test } from 'vitest';
import { endRetained, replaceRoot } from './aside.ts';
import { FakeWorld } from './fake-world.ts';
import { LAUNCH_HOOK, TERMINATE_HOOK } from './hooks.ts';

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld(1);
  world.hooks.enforced = true;
  world.hooks.heartbeatSeconds = 60;
  world.hooks.globalSeconds = 150;
  world.tick();
});

const seconds = (count: number): void => {
  for (let second = 0; second < count; second += 1) world.tick();
};
const first = () => world.instance(world.instances[0]?.id ?? '');
const hookOf = (hookName: string) => ({ groupName: world.groupName, hookName, instanceId: first().id });
const beat = (hookName: string) => world.ports().scaling.heartbeat(hookOf(hookName));

describe('a wait in a hook', () => {
  test('ends by itself when nobody extends it, and an abandoned launch is terminated and replaced', () => {
    seconds(59);
    expect(first().lifecycle).toBe('Pending:Wait');
    seconds(1);
    expect(first().lifecycle).toBe('Terminating:Wait');
    expect(world.instances.map(({ lifecycle }) => lifecycle)).toEqual(['Terminating:Wait', 'Pending:Wait']);
  });

  test('is extended by heartbeats, but not beyond the global limit', async () => {
    for (let second = 1; second < 150; second += 1) {
      expect(await beat(LAUNCH_HOOK)).toBe('extended');
      seconds(1);
    }
    expect(first().lifecycle).toBe('Pending:Wait');
    await beat(LAUNCH_HOOK);
    seconds(1);
    expect(first().lifecycle).toBe('Terminating:Wait');
  });

  test('is not extended by a heartbeat for another hook, nor after it is over', async () => {
    expect(await beat(TERMINATE_HOOK)).toBe('notWaiting');
    world.complete(hookOf(LAUNCH_HOOK), 'CONTINUE');
    expect(first().lifecycle).toBe('InService');
    expect(await beat(LAUNCH_HOOK)).toBe('notWaiting');
  });

  test('is answered once: the second answer finds nothing, and changes nothing', () => {
    expect(world.complete(hookOf(TERMINATE_HOOK), 'CONTINUE')).toBe('notWaiting');
    expect(world.complete(hookOf(LAUNCH_HOOK), 'CONTINUE')).toBe('completed');
    expect(world.complete(hookOf(LAUNCH_HOOK), 'ABANDON')).toBe('notWaiting');
    expect(first().lifecycle).toBe('InService');
  });

  test('ends with the result that the hook has by default', () => {
    world.hooks.defaultResult = 'CONTINUE';
    seconds(60);
    expect(first().lifecycle).toBe('InService');
  });
});

describe('a terminate hook', () => {
  beforeEach(() => {
    world.complete(hookOf(LAUNCH_HOOK), 'CONTINUE');
    world.terminate(first().id);
  });

  test.each(['CONTINUE', 'ABANDON'] as const)('ends the instance with %s', (result) => {
    world.complete(hookOf(TERMINATE_HOOK), result);
    expect(first()).toMatchObject({ state: 'terminated', listed: false });
  });

  test('that is abandoned keeps the instance where the group retains, until its machine is ended', () => {
    world.hooks.retains = true;
    world.complete(hookOf(TERMINATE_HOOK), 'ABANDON');
    seconds(1);
    expect(first()).toMatchObject({ lifecycle: 'Terminating:Retained', state: 'running', listed: true });
    expect(world.instances).toHaveLength(2);
    world.times.noticeSeconds = 5;
    endRetained(world);
    seconds(7);
    expect(first()).toMatchObject({ state: 'terminated', listed: false });
  });

  test('begins once: who leaves already is not terminated anew', () => {
    const { terminatingAtMs, hookAtMs } = first();
    seconds(10);
    world.terminate(first().id);
    expect(first()).toMatchObject({ terminatingAtMs, hookAtMs });
  });

  test('takes its time: the machine shuts down before its place in the group is free', () => {
    world.times.shutdownSeconds = 4;
    world.complete(hookOf(TERMINATE_HOOK), 'CONTINUE');
    seconds(3);
    expect(first()).toMatchObject({ lifecycle: 'Terminating:Proceed', state: 'shutting-down', listed: true });
    seconds(1);
    expect(first()).toMatchObject({ state: 'terminated', listed: false });
  });
});

test('a root volume that is replaced waits in the terminate hook, and comes back empty in the launch hook', () => {
  world.complete(hookOf(LAUNCH_HOOK), 'CONTINUE');
  Object.assign(first(), { disk: '42' });
  first().used.add('42');
  replaceRoot(world, first().id);
  expect(first().disk).toBe('42');
  world.complete(hookOf(TERMINATE_HOOK), 'CONTINUE');
  seconds(1);
  expect(first()).toMatchObject({ lifecycle: 'Pending:Wait', disk: null, used: new Set(), state: 'running' });
});
