import { describe, expect, test } from 'vitest';
import { grown, throttled } from '../../../support/story.ts';
import { Random } from '../../history/random.ts';
import { FakeWorld, Killed } from '../fake-world.ts';
import { usualTimes } from '../times.ts';
import { FAULTS } from './table.ts';
import { isSpared } from './targets.ts';

const KINDS = ['A', 'C', 'D', 'E', 'H', 'N', 'P', 'U'];

/** Worlds that between them have something for every fault. */
const SCENES: readonly (() => Promise<FakeWorld>)[] = [
  standing,
  async () => {
    const world = new FakeWorld(3);
    for (let second = 0; second < 3; second += 1) world.tick();
    return world;
  },
  () => standing((world) => world.terminate(world.voters()[0] ?? '')),
  () => standing((world) => world.vanish(world.voters()[0] ?? '')),
  () => standing((world) => world.refresh.start(world, 'launchFirst')),
  async () => {
    const world = await standing((one) => one.vanish(one.voters()[0] ?? ''));
    world.failing.set('etcd.promote', throttled);
    await world.pass({ seconds: 20 });
    world.failing.clear();
    return world;
  },
  async () => {
    const world = await standing((one) => {
      one.processOf(one.voters()[0] ?? '').frozen = true;
    });
    await world.pass();
    return world;
  },
  async () => {
    const world = await standing((one) => one.vanish(one.voters()[0] ?? ''));
    world.killOn = /takePermit/;
    await expect(world.pass()).rejects.toBeInstanceOf(Killed);
    return world;
  },
];

async function standing(happen: (world: FakeWorld) => void = () => undefined): Promise<FakeWorld> {
  const world = await grown(3);
  Object.assign(world.zones, { names: ['a', 'b', 'c'] });
  world.hooks.enforced = true;
  world.times = usualTimes();
  world.mail.isOpen = true;
  world.mail.queue.send('{}', world.nowMs);
  world.mail.take(world);
  world.mail.queue.done();
  for (const [nth, instance] of world.instances.entries()) instance.zone = world.zones.names[nth % 3] ?? '';
  happen(world);
  for (let second = 0; second < 12; second += 1) world.tick();
  return world;
}

/** What faults change of a world, so that their end can be told from nothing. */
const traitsOf = (world: FakeWorld): unknown => ({
  instances: world.instances.map(({ id, lifecycle, boots, isProtected, upAtMs }) => [
    id,
    lifecycle,
    boots,
    isProtected,
    upAtMs <= world.nowMs,
  ]),
  desired: world.desired,
  times: world.times,
  zones: [...world.zones.names, ...world.zones.full],
  suspended: [...world.suspended],
  hooks: { ...world.hooks },
  troubles: world.troubles.size,
  fleeting: [
    world.skewMs,
    world.lifeSeconds,
    world.loseOn,
    world.policy,
    world.launchesFirst,
    world.imageBoots,
  ],
  group: [
    world.groupCount,
    world.otherGroups.length,
    world.poolSize,
    [...world.tags],
    world.hidden,
    world.forgotten,
  ],
  replicas: world.replicas.mayBeStale,
  queue: [world.mail.queue.delivery, world.mail.queue.isStalled],
  parameters: [...world.parameters].sort(),
  etcd: [world.etcd.keys, world.etcd.unreachable, world.etcd.cutOff, world.etcd.permit, world.etcd.members],
  wires: [world.etcd.sides, world.etcd.torn, world.etcd.blackHoles, world.etcd.alarms],
  pace: [world.etcd.electionMs, world.etcd.catchUpMs],
  processes: [...world.etcd.processes].map(([url, { frozen, denies, lag, errors, answerMs }]) => [
    url,
    frozen,
    denies,
    lag,
    answerMs,
    [...errors],
  ]),
});

test('the table has faults of every kind, and each says what it is', () => {
  expect(Object.keys(FAULTS).length).toBeGreaterThanOrEqual(100);
  expect([...new Set(Object.values(FAULTS).map(({ kind }) => kind))].sort()).toEqual(KINDS);
  const stories = Object.values(FAULTS).map(({ about }) => about);
  expect(new Set(stories).size).toBe(stories.length);
});

describe('every fault', () => {
  test.each(Object.keys(FAULTS))(
    '%s happens somewhere, and ends without a trace where it has an end',
    async (name) => {
      let happenedCount = 0;
      for (const [nth, scene] of SCENES.entries()) {
        const world = await scene();
        const before = structuredClone(traitsOf(world));
        const end = FAULTS[name]?.apply(world, new Random(nth + 1)) ?? null;
        if (end === null) {
          expect(traitsOf(world)).toEqual(before);
          continue;
        }
        happenedCount += 1;
        if (end === 'done') break;
        end();
        end();
        if (!LEAVES_TRACES.includes(name)) expect(traitsOf(world)).toEqual(before);
        break;
      }
      expect(happenedCount).toBe(1);
    },
  );
});

/** Whose end sets something new in motion: machines boot again, an instance comes back through its hook, another is ended. */
const LEAVES_TRACES = [
  'etcdStaysDown',
  'zoneLosesPower',
  'standby',
  'detached',
  'scaledToNothing',
  'instanceRetained',
  'founderLetIn',
  'majorityStopped',
];

test('what the cluster would not get over happens to nobody, unless a history may lose its quorum', async () => {
  const world = await grown(3);
  const [first, second] = world.instances;
  if (first === undefined || second === undefined) throw new Error('no instances');
  expect(isSpared(world, first)).toBe(true);
  world.vanish(first.id);
  expect(isSpared(world, second)).toBe(false);
  world.mayLoseQuorum = true;
  expect(isSpared(world, second)).toBe(true);
});

test('a machine whose end is announced ends when its time comes, but not before the cluster gets over it', async () => {
  const world = await grown(3);
  const [first, second] = world.instances;
  if (first === undefined || second === undefined) throw new Error('no instances');
  world.vanish(first.id);
  second.diesAtMs = world.nowMs + 1_000;
  for (let count = 0; count < 5; count += 1) world.tick();
  expect(second.state).toBe('running');
  await world.settle();
  world.tick();
  expect(second.state).toBe('terminated');
  expect(world.etcd.hasQuorum()).toBe(true);
});
