import { describe, expect, test } from 'vitest';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';

async function grown(desired: number, config = {}): Promise<FakeWorld> {
  const world = new FakeWorld(desired, config);
  await world.settle();
  return world;
}

describe('bootstrap', () => {
  test.each([1, 3, 5])('%i instances that wait to launch become one cluster', async (size) => {
    const world = await grown(size);
    expect(world.voters()).toHaveLength(size);
    expect(world.etcd.formed.size).toBe(1);
    expect(world.etcd.violations).toEqual([]);
    expect(world.instances.every(({ lifecycle }) => lifecycle === 'InService')).toBe(true);
    expect(world.parameters.get(`${PATH}endpoints`)?.split(',')).toHaveLength(size);
    expect(world.tags.get('etcd-autopilot:bootstrapped')).toBe('1');
  });
});

test('a leaver is replaced', async () => {
  const world = await grown(3);
  const leader = world.etcd.members.find((m) => m.id === world.etcd.leaderId)?.name ?? '';
  world.terminate(leader);
  await world.settle();
  expect(world.voters()).not.toContain(leader);
  expect(world.voters()).toHaveLength(3);
  expect(world.etcd.violations).toEqual([]);
});

test('a row of slow writes ends while a whole look and step still fit into the pass', async () => {
  const world = new FakeWorld(7, { size: 7 });
  world.tick();
  const deadlineMs = world.nowMs + 48_000;
  const begunAtMs: number[] = [];
  world.interfere = (call) => {
    if (call !== 'parameters.create') return;
    begunAtMs.push(world.nowMs);
    for (let second = 0; second < 7; second += 1) world.tick();
  };
  const report = await world.pass();
  expect(begunAtMs.length).toBeGreaterThan(3);
  expect(Math.max(...begunAtMs)).toBeLessThanOrEqual(deadlineMs - 12_000);
  expect(report).toMatchObject({ outcome: 'outOfTime', progressing: true });
  world.interfere = () => undefined;
  await world.settle();
  expect(world.voters()).toHaveLength(7);
  expect(world.etcd.violations).toEqual([]);
});

test('what was seen before the function stood still for as long as a permit lives is looked at again', async () => {
  const world = new FakeWorld(3);
  world.tick();
  const calls: string[] = [];
  world.interfere = (call) => {
    calls.push(call);
    if (call !== 'parameters.create' || calls.filter((one) => one === call).length !== 2) return;
    for (let second = 0; second < 25; second += 1) world.tick();
  };
  await world.pass({ seconds: 56 });
  const frozenAt = calls.indexOf('parameters.create', calls.indexOf('parameters.create') + 1);
  const next = calls.slice(frozenAt + 1).filter((call) => call !== 'events.publish');
  expect(next[0]).toMatch(/readAll|listGroups/);
  expect(world.etcd.violations).toEqual([]);
});
