import { describe, expect, test } from 'vitest';
import { Random } from '../history/random.ts';
import { FakeWorld, PATH } from './fake-world.ts';

const always = { seconds: 10, chance: 1, random: new Random(1) };

function opened(desired = 1): { readonly world: FakeWorld; readonly ports: ReturnType<FakeWorld['ports']> } {
  const world = new FakeWorld(desired);
  world.tick();
  return { world, ports: world.ports() };
}

const seconds = (world: FakeWorld, count: number): void => {
  for (let second = 0; second < count; second += 1) world.tick();
};

describe('an eventually consistent read', () => {
  test('shows the group as it was, for so many seconds and no longer', async () => {
    const { world, ports } = opened();
    world.replicas.groups.lag = always;
    const shown = async () =>
      (await ports.scaling.listGroups('core'))[0]?.instances.map(({ lifecycle }) => lifecycle);
    expect(await shown()).toEqual(['Pending:Wait']);
    for (const one of world.instances) one.lifecycle = 'InService';
    seconds(world, 10);
    expect(await shown()).toEqual(['Pending:Wait']);
    seconds(world, 1);
    expect(await shown()).toEqual(['InService']);
  });

  test('of EC2 does not know who was launched since, and says so', async () => {
    const { world, ports } = opened();
    world.replicas.machines.lag = always;
    const ids = [...world.instances.map(({ id }) => id), world.launch().id];
    await ports.machines.describe(ids.slice(0, 1));
    const young = world.launch().id;
    const said = await ports.machines.describe([...ids, young]);
    expect([...said.values()].map(({ kind }) => kind)).toEqual(['known', 'known', 'notFound']);
  });

  test('of Parameter Store may miss what was just written, and a create-only write still knows', async () => {
    const { world, ports } = opened();
    world.replicas.parameters.lag = always;
    expect((await ports.parameters.readAll(PATH)).has('peers')).toBe(false);
    expect(await ports.parameters.create(`${PATH}peers`, 'x')).toBe('created');
    expect((await ports.parameters.readAll(PATH)).has('peers')).toBe(false);
    expect(await ports.parameters.create(`${PATH}peers`, 'y')).toBe('exists');
    world.replicas.catchUp();
    expect((await ports.parameters.readAll(PATH)).get('peers')).toBe('x');
  });

  test('is an old one at times only: both answers come, in any order', async () => {
    const { world, ports } = opened();
    world.replicas.groups.lag = { seconds: 10, chance: 0.5, random: new Random(3) };
    await ports.scaling.listGroups('core');
    world.desired = 5;
    const seen = new Set<number | undefined>();
    for (let read = 0; read < 30; read += 1)
      seen.add((await ports.scaling.listGroups('core'))[0]?.desiredCapacity);
    expect([...seen].sort()).toEqual([1, 5]);
  });
});

describe('EC2', () => {
  test('does not know a young machine, then knows it without an address, then with one', async () => {
    const { world, ports } = opened();
    Object.assign(world.times, { unknownSeconds: 2, addresslessSeconds: 4 });
    const id = world.launch().id;
    const said = async () => (await ports.machines.describe([id])).get(id);
    expect(await said()).toEqual({ kind: 'notFound' });
    seconds(world, 2);
    expect(await said()).toMatchObject({ kind: 'known', privateIp: null });
    seconds(world, 2);
    expect(await said()).toMatchObject({ kind: 'known', privateIp: world.instance(id).address });
  });

  test('remembers a terminated machine for a while, and forgets it', async () => {
    const { world, ports } = opened();
    world.times.memorySeconds = 5;
    const id = world.instances[0]?.id ?? '';
    world.kill(id);
    expect((await ports.machines.describe([id])).get(id)).toMatchObject({
      state: 'terminated',
      privateIp: null,
    });
    seconds(world, 6);
    expect((await ports.machines.describe([id])).get(id)).toEqual({ kind: 'notFound' });
  });
});

test('a group lists a young instance late, and tells its newest activities first', async () => {
  const { world, ports } = opened(2);
  seconds(world, 3);
  world.times.unlistedSeconds = 3;
  world.desired = 3;
  world.tick();
  expect((await ports.scaling.listGroups('core'))[0]?.instances).toHaveLength(2);
  seconds(world, 3);
  expect((await ports.scaling.listGroups('core'))[0]?.instances).toHaveLength(3);
  const [newest] = await ports.scaling.listActivities('core');
  expect(newest).toMatchObject({ instanceId: world.instances[2]?.id, kind: 'launch' });
  for (let count = 0; count < 120; count += 1) world.launch();
  expect(await ports.scaling.listActivities('core')).toHaveLength(100);
});

test.each([4_097, 0])('Parameter Store takes no value of %i bytes, and keeps what it has', async (length) => {
  const { world, ports } = opened();
  world.parameters.set(`${PATH}status`, 'before');
  const write = ports.parameters.write(`${PATH}status`, 'x'.repeat(length));
  await expect(write).rejects.toMatchObject({ code: 'CONFIG_INVALID', retry: 'never' });
  expect(world.parameters.get(`${PATH}status`)).toBe('before');
});
