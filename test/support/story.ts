import { expect } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import type { PassReport } from '../../functions/engine/report.ts';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';

/** A world whose cluster stands: `size` voters, every instance in service, nothing left to do. */
export async function grown(
  size: number,
  config: Readonly<Record<string, unknown>> = {},
): Promise<FakeWorld> {
  const world = new FakeWorld(size, config);
  await world.settle();
  expectWhole(world, size);
  return world;
}

/** No rule was broken on the way, and no list is empty or names only the dead (I7). */
export function expectSafe(world: FakeWorld): void {
  expect(world.etcd.violations).toEqual([]);
  expect(world.etcd.formed.size).toBeLessThanOrEqual(1);
  for (const name of ['endpoints', 'peers']) expect(world.parameters.get(PATH + name)).not.toBe('');
}

/** The cluster has `size` voters, exactly those of its instances in service, and all is told as it is. */
export function expectWhole(world: FakeWorld, size: number): void {
  expectSafe(world);
  const listed = world.instances.filter((instance) => instance.listed);
  expect(listed.map(({ lifecycle }) => lifecycle)).toEqual(listed.map(() => 'InService'));
  expect(world.voters()).toEqual(listed.map(({ id }) => id).sort());
  expect(world.voters()).toHaveLength(size);
  expect(world.etcd.members).toHaveLength(size);
  const urls = listed.map((instance) => world.clientUrl(instance)).sort();
  expect(world.parameters.get(`${PATH}endpoints`)).toBe(urls.join(','));
  expect(listNames(world, 'members/')).toEqual(world.voters());
  expect(listNames(world, 'reports/')).toEqual([]);
}

/** A voter that does not lead. */
export const followerOf = (world: FakeWorld): string =>
  world.voters().find((id) => id !== world.leaderName) ?? '';

export const listNames = (world: FakeWorld, folder: string): readonly string[] =>
  [...world.parameters.keys()]
    .filter((name) => name.startsWith(PATH + folder))
    .map((name) => name.slice(PATH.length + folder.length))
    .sort();

/** Everything that the autopilot may change, apart from heartbeats. */
export const snapshot = (world: FakeWorld): unknown =>
  structuredClone({
    parameters: world.parameters,
    tags: world.tags,
    members: world.etcd.members,
    keys: world.etcd.keys,
    lifecycles: world.instances.map(({ lifecycle }) => lifecycle),
  });

export const waitKinds = (report: PassReport): readonly string[] => report.waits.map(({ kind }) => kind);

/** The effects so far whose names match. */
export function effectsOf(world: FakeWorld, pattern: RegExp): readonly string[] {
  return world.effects.filter((name) => pattern.test(name));
}

export const seconds = (world: FakeWorld, count: number): void => {
  for (let second = 0; second < count; second += 1) world.tick();
};

/** Passes as the schedule brings them: one at the start of each minute. */
export async function minutes(world: FakeWorld, count: number): Promise<PassReport> {
  let untilMs = world.nowMs;
  let last = await world.pass();
  for (let minute = 1; minute < count; minute += 1) {
    untilMs += 60_000;
    while (world.nowMs < untilMs) world.tick();
    last = await world.pass();
  }
  return last;
}

export const unavailable = () =>
  new OperationError('AWS_UNAVAILABLE', 'nextLook', 'the service did not answer');
export const throttled = () => new OperationError('AWS_THROTTLED', 'nextLook', 'rate exceeded');
export const denied = () => new OperationError('AWS_DENIED', 'never', 'not authorized');

export function setConfig(world: FakeWorld, change: Readonly<Record<string, unknown>>): void {
  const text = world.parameters.get(`${PATH}config`) ?? '{}';
  world.parameters.set(`${PATH}config`, JSON.stringify({ ...JSON.parse(text), ...change }));
}
