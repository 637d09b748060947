import type { FakeWorld } from '../fake-world.ts';
import { CLUSTER, PATH } from '../state.ts';
import { allOf } from './fault.ts';

const CONFIG = `${PATH}config`;
const TAGS = ['etcd-autopilot:cluster', 'etcd-autopilot:role', 'etcd-autopilot:bootstrapped'] as const;

/** What operators do to settings, records and tags, past everybody. */
export const OPERATOR_FAULTS = allOf('U', {
  frozen: {
    about: 'an operator freezes the cluster',
    apply: (world) => editConfig(world, (config) => ({ ...config, frozen: true }), 'frozen'),
  },
  configBroken: {
    about: 'an operator breaks the settings',
    apply: (world, random) => {
      const before = world.parameters.get(CONFIG);
      if (before === undefined) return null;
      const broken = random.oneOf(
        'not json',
        '{}',
        before.replace('"size":', '"sise":'),
        `${before} `.repeat(9),
      );
      world.parameters.set(CONFIG, broken);
      return () => {
        if (world.parameters.get(CONFIG) === broken) world.parameters.set(CONFIG, before);
      };
    },
  },
  configDeleted: {
    about: 'an operator deletes the settings',
    apply: (world) => {
      const before = world.parameters.get(CONFIG);
      if (before === undefined) return null;
      world.parameters.delete(CONFIG);
      return () => {
        if (!world.parameters.has(CONFIG)) world.parameters.set(CONFIG, before);
      };
    },
  },
  gracesShortened: {
    about: 'an operator gives everything a short grace',
    apply: (world, random) => {
      const seconds = random.whole(60, 120);
      const graceSeconds = {
        bootstrap: seconds,
        unstarted: seconds,
        silent: seconds,
        restarting: seconds,
        catchingUp: seconds,
        replacement: 30,
      };
      return editConfig(world, (config) => ({ ...config, graceSeconds }), 'graceSeconds');
    },
  },
  parameterDeleted: {
    about: 'an operator deletes a record',
    apply: (world, random) => {
      // A founding ticket that is taken away is given again: only its machine knows whether it started from it.
      const isPinned = world.parameters.get(`${PATH}bootstrap`)?.includes('"clusterId"') === true;
      const name = random.pick(recordsOf(world).filter((one) => isPinned || !one.includes('/members/')));
      if (name === null) return null;
      world.parameters.delete(name);
      return 'done';
    },
  },
  listEdited: {
    about: 'an operator edits a published list',
    apply: (world, random) => {
      const name = `${PATH}${random.oneOf('endpoints', 'peers')}`;
      if (!world.parameters.has(name)) return null;
      world.parameters.set(
        name,
        random.oneOf('http://10.9.9.9:2379', 'nothing', 'i-0000=http://10.9.9.9:2380'),
      );
      return 'done';
    },
  },
  statusEdited: {
    about: 'an operator writes something into the status',
    apply: (world, random) => {
      if (!world.parameters.has(`${PATH}status`)) return null;
      world.parameters.set(`${PATH}status`, random.oneOf('not json', '{}', '{"generation":"many"}'));
      return 'done';
    },
  },
  recordGarbled: {
    about: 'an operator writes something into the claim or a ticket, and mends it later',
    apply: (world, random) => {
      const names = recordsOf(world).filter((name) => /bootstrap$|members\//.test(name));
      const name = random.pick(names);
      if (name === null) return null;
      const before = world.parameters.get(name) ?? '';
      const garbled = `garbled ${world.nowMs}`;
      world.parameters.set(name, garbled);
      return () => {
        if (world.parameters.get(name) === garbled) world.parameters.set(name, before);
      };
    },
  },
  tagRemoved: {
    about: 'an operator removes a tag of the group, and puts it back',
    apply: (world, random) => {
      const tag = random.pick(TAGS);
      const before = tag === null ? undefined : world.tags.get(tag);
      if (tag === null || before === undefined) return null;
      world.tags.delete(tag);
      return () => {
        if (!world.tags.has(tag)) world.tags.set(tag, before);
      };
    },
  },
  secondGroup: {
    about: 'another group carries the tag of the cluster',
    apply: (world) => {
      if (world.groupCount > 1) return null;
      world.groupCount = 2;
      return () => {
        world.groupCount = 1;
      };
    },
  },
  workersJoinCluster: {
    about: 'a group of workers carries the tag of the cluster',
    apply: (world) => {
      if (world.otherGroups.length > 0) return null;
      const tags = new Map([
        ['etcd-autopilot:cluster', CLUSTER],
        ['etcd-autopilot:role', 'worker'],
      ]);
      const shape = { desiredCapacity: 0, deleting: false, hasWarmPool: false, instances: [] };
      world.otherGroups.push({ ...shape, name: 'workers', tags });
      return () => {
        world.otherGroups.splice(0);
      };
    },
  },
});

const recordsOf = (world: FakeWorld): readonly string[] =>
  [...world.parameters.keys()].filter((name) => name.startsWith(PATH) && name !== CONFIG);

/** One setting, as an operator changes it and puts it back; what else was changed meanwhile stays. */
function editConfig(
  world: FakeWorld,
  change: (config: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
  key: string,
): (() => void) | null {
  const before = configOf(world);
  if (before === null) return null;
  world.parameters.set(CONFIG, JSON.stringify(change(before)));
  return () => {
    const now = configOf(world);
    if (now !== null) world.parameters.set(CONFIG, JSON.stringify({ ...now, [key]: before[key] }));
  };
}

function configOf(world: FakeWorld): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(world.parameters.get(CONFIG) ?? '');
  } catch {
    return null;
  }
}
