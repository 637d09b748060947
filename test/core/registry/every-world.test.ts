import { expect, test } from 'vitest';
import { nameIn } from '../../../functions/core/registry/keys.ts';
import { planRegistry, type RegistryPlan } from '../../../functions/core/registry/plan.ts';
import type { RegistryWorld } from '../../../functions/core/registry/world.ts';
import {
  after,
  follow,
  type GroupSketch,
  idOf,
  keysOf,
  NOW_MS,
  valuesOf,
  worldOf,
} from '../../support/registry-world.ts';

/** What an instance can be: how its group lists it, how its machine is, and which keys it has. */
const STATES = [
  'InService',
  'Unhealthy InService',
  'Pending:Wait',
  'Terminating',
  'Terminating:Wait',
  null,
] as const;
const MACHINES = ['running', 'terminated', 'notFound'] as const;
const HELD = ['all', 'none', 'edited', 'noted'] as const;
const FOREIGN = {
  '/services/web/stranger': '10.9.9.9:80',
  '/services/db/x': 'y',
  '/etcd-autopilot/state': '{}',
};

interface Being {
  readonly state: (typeof STATES)[number];
  readonly machine: (typeof MACHINES)[number];
  readonly held: (typeof HELD)[number];
}

const BEINGS: readonly Being[] = STATES.flatMap((state) =>
  MACHINES.flatMap((machine) => HELD.map((held) => ({ state, machine, held }))),
);

function heldBy(n: number, held: Being['held'], group: GroupSketch): Readonly<Record<string, string>> {
  const own = keysOf(n, group);
  if (held === 'none') return {};
  if (held === 'noted')
    return { [`/etcd-autopilot/leaving/${idOf(n)}`]: new Date(NOW_MS - 5_000).toISOString() };
  return held === 'all' ? own : Object.fromEntries(Object.entries(own).map(([key]) => [key, 'edited']));
}

function worldWith(beings: readonly Being[], desired: number, service: string | undefined): RegistryWorld {
  const group: GroupSketch = { desired, ...(service === undefined ? {} : { service }) };
  const numbered = beings.map((being, at) => ({ ...being, n: at + 1 }));
  return worldOf({
    groups: [
      {
        ...group,
        instances: Object.fromEntries(
          numbered.flatMap(({ n, state }) => (state === null ? [] : [[n, state]])),
        ),
      },
    ],
    hosts: Object.fromEntries(
      numbered.map(({ n, machine }) => [n, machine === 'notFound' ? machine : { state: machine }]),
    ),
    keys: Object.assign(
      { ...FOREIGN },
      ...numbered.map(({ n, held }) => heldBy(n, held, { service: 'web:80' })),
    ),
  });
}

/**
 * Every pair of instances, in a group that wants nobody, or as many as there are, with and without the
 * service. Returns the first ones that are not right.
 */
function everyWorld(isRight: (world: RegistryWorld) => boolean): readonly string[] {
  const wrong: string[] = [];
  for (const [at, one] of BEINGS.entries())
    for (const other of BEINGS.slice(at))
      for (const desired of [0, 2])
        for (const service of ['web:80', undefined]) {
          const world = worldWith([one, other], desired, service);
          if (wrong.length < 3 && !isRight(world)) wrong.push(JSON.stringify([one, other, desired, service]));
        }
  return wrong;
}

/** What stands there after each effect of the plan, the hooks being answered last. */
function stagesOf(world: RegistryWorld, plan: RegistryPlan): readonly ReadonlyMap<string, string>[] {
  const stages = [valuesOf(world)];
  for (const commit of plan.commits) stages.push(after(stages.at(-1) ?? new Map(), commit));
  return stages;
}

const runs = (world: RegistryWorld, id: string): boolean => {
  if (world.access.kind !== 'open') return false;
  const host = world.access.hosts.get(id);
  return host !== undefined && host !== 'notFound' && host.state === 'running';
};

const livingKeys = (world: RegistryWorld, values: ReadonlyMap<string, string>): readonly string[] =>
  [...values.keys()].filter((key) => {
    const named = nameIn(key);
    return named.kind === 'service' && runs(world, named.id);
  });

test('in every world of two: no wanted service loses its last living key, and nothing foreign is touched', () => {
  let keptCount = 0;
  const wrong = everyWorld((world) => {
    const [group] = world.groups;
    const isWanted = (group?.desiredCapacity ?? 0) > 0 && (group?.services.length ?? 0) > 0;
    const hadLiving = isWanted && livingKeys(world, valuesOf(world)).length > 0;
    if (hadLiving) keptCount += 1;
    return stagesOf(world, planRegistry(world)).every(
      (values) =>
        Object.entries(FOREIGN).every(([key, value]) => values.get(key) === value) &&
        (!hadLiving || livingKeys(world, values).length > 0),
    );
  });
  expect(wrong).toEqual([]);
  expect(keptCount).toBeGreaterThan(700);
});

test('in every world of two: a hook is answered only when the keys are gone, or the machine is', () => {
  let answeredCount = 0;
  const wrong = everyWorld((world) => {
    const plan = planRegistry(world);
    const values = [...(stagesOf(world, plan).at(-1) ?? new Map()).keys()];
    answeredCount += plan.completions.length;
    return plan.completions.every(({ hook }) => {
      const isSeen = values.some((key) => {
        const named = nameIn(key);
        return named.kind !== 'leaving' && named.kind !== 'other' && named.id === hook.instanceId;
      });
      return !isSeen || !runs(world, hook.instanceId);
    });
  });
  expect(wrong).toEqual([]);
  expect(answeredCount).toBeGreaterThan(500);
});

test('in every world of two: what was done once is not done again, and what waits is done when it is due', () => {
  let dueCount = 0;
  const wrong = everyWorld((world) => {
    const plan = planRegistry(world);
    const again = planRegistry(follow(world, plan));
    if (again.commits.length + again.completions.length > 0) return false;
    if (plan.dueAtMs === null) return true;
    dueCount += 1;
    const due = follow(world, plan, (plan.dueAtMs - world.takenAtMs) / 1_000);
    return planRegistry(due).completions.length > 0;
  });
  expect(wrong).toEqual([]);
  expect(dueCount).toBeGreaterThan(100);
});

test('in every world of two: a crash after any effect leads to the same end', () => {
  const wrong = everyWorld((world) => {
    const { access } = world;
    if (access.kind !== 'open') return false;
    const [, ...crashes] = stagesOf(world, planRegistry(world));
    if (crashes.length === 0) return true;
    const end = ending(world);
    return crashes.every((values) => {
      const keys = { ...access.keys, values };
      const crashed = { ...world, takenAtMs: world.takenAtMs + 60_000, access: { ...access, keys } };
      return ending(crashed) === end;
    });
  });
  expect(wrong).toEqual([]);
});

/** Where it comes to rest: keys, who was let go, and who is held. */
function ending(world: RegistryWorld): string {
  let now = world;
  for (let look = 0; look < 4; look += 1) now = follow(now, planRegistry(now), 60);
  const keys = [...valuesOf(now)].sort().map(timeless);
  return JSON.stringify([keys, [...now.answered].sort(), planRegistry(now).heldCount]);
}

const timeless = ([key, value]: readonly [string, string]): readonly [string, string] =>
  nameIn(key).kind === 'leaving' ? [key, 'some time'] : [key, value];
