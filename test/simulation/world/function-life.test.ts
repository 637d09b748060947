import { describe, expect, test } from 'vitest';
import { grown } from '../../support/story.ts';
import { FakeWorld, Killed, PATH } from './fake-world.ts';

describe('a function that is killed', () => {
  test('right after an effect is not heard any more, and the effect stays', async () => {
    const world = new FakeWorld(1);
    const ports = world.ports();
    world.killOn = /^write a/;
    await expect(ports.parameters.write(`${PATH}a`, '1')).rejects.toBeInstanceOf(Killed);
    await expect(ports.parameters.write(`${PATH}b`, '1')).rejects.toBeInstanceOf(Killed);
    await world.ports().parameters.write(`${PATH}c`, '1');
    expect([...world.parameters.keys()].map((name) => name.slice(PATH.length))).toEqual(['config', 'a', 'c']);
  });

  test('when its time is over is not heard any more', async () => {
    const world = new FakeWorld(1);
    world.lifeSeconds = 2;
    const ports = world.ports();
    world.tick();
    await ports.scaling.listGroups('core');
    world.tick();
    await expect(ports.scaling.listGroups('core')).rejects.toBeInstanceOf(Killed);
    await world.ports().scaling.listGroups('core');
  });
});

test('a reply that is lost is an error of the caller, once, and the effect stays', async () => {
  const world = new FakeWorld(1);
  const { parameters } = world.ports();
  world.loseOn = /^write/;
  await expect(parameters.write(`${PATH}a`, '1')).rejects.toMatchObject({ code: 'AWS_UNAVAILABLE' });
  expect(world.parameters.get(`${PATH}a`)).toBe('1');
  await parameters.write(`${PATH}a`, '2');
});

test('troubles stand before a call, in whose place they throw: it has no effect', async () => {
  const world = new FakeWorld(1);
  const { parameters } = world.ports();
  const trouble = (call: string) => (call === 'parameters.write' ? new Error('no') : null);
  world.troubles.add(trouble);
  await expect(parameters.write(`${PATH}a`, '1')).rejects.toThrow('no');
  await parameters.readAll(PATH);
  expect(world.parameters.has(`${PATH}a`)).toBe(false);
});

test('a call that takes its time lets the world live on for as many seconds', async () => {
  const world = new FakeWorld(1);
  const startMs = world.nowMs;
  world.spend(600);
  expect(world.nowMs).toBe(startMs);
  world.spend(600);
  expect([world.nowMs - startMs, world.instances.length]).toEqual([1_000, 1]);
});

test('the clock of a function may be wrong, and its deadline moves with it', async () => {
  const world = await grown(3);
  world.skewMs = -3_600_000;
  expect(world.ports().clock.nowMs()).toBe(world.nowMs - 3_600_000);
  expect((await world.pass()).outcome).toBe('settled');
});

test('of two functions at once the other one does its work between two calls, and both are judged', async () => {
  const world = await grown(3);
  world.terminate(world.leaderName);
  world.tick();
  world.rivalInCalls = 4;
  await world.pass();
  expect(world.rivalInCalls).toBe(0);
  expect([world.etcd.actor, world.nextOwner()]).toEqual(['pass-2', 'pass-4']);
  await world.settle();
  expect(world.etcd.violations).toEqual([]);
});
