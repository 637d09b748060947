import type { GroupInstance, HookSettings, Machine, ScalingActivity } from '../../functions/core/ports.ts';
import type { Ports } from '../../functions/engine/ports.ts';
import { judgeAnswer, judgeDeletion, judgeReport, judgeWrite } from './fake-rules.ts';
import { type FakeInstance, type FakeWorld, PATH } from './fake-world.ts';

type AwsPorts = Pick<
  Ports,
  'scaling' | 'machines' | 'stacks' | 'parameters' | 'secrets' | 'queue' | 'events'
>;

const HOOK_TIMES = { heartbeatSeconds: 1_800, globalSeconds: 172_800 };
const HOOKS: readonly HookSettings[] = [
  { name: 'etcd-autopilot-launch', transition: 'launch', ...HOOK_TIMES },
  { name: 'etcd-autopilot-terminate', transition: 'terminate', ...HOOK_TIMES },
];

/** What AWS does for the world, completely and at once; `guarded` makes it fail. */
export function awsPorts(world: FakeWorld): AwsPorts {
  return {
    scaling: scalingPort(world),
    machines: {
      describe: async (ids) => new Map(ids.map((id) => [id, machineOf(world, id)])),
      endings: async (ids) =>
        new Map(
          world.instances.flatMap(({ id, ending }) =>
            ending !== null && ids.includes(id) ? [[id, ending]] : [],
          ),
        ),
    },
    stacks: { isDeleting: async ({ physicalId }) => world.stackDeletes && physicalId === world.groupName },
    parameters: parameterPort(world),
    secrets: {
      read: async (names) => new Map([...world.secrets].filter(([name]) => names.includes(name))),
    },
    queue: {
      askForLook: async (_cluster, body) => {
        world.looks.push(body);
      },
      keepUnreadable: async (_cluster, body) => {
        world.looks.push(`unreadable ${body}`);
      },
    },
    events: {
      publish: async (events) => {
        world.events.push(...events);
      },
    },
  };
}

/** Calls `before` with the name of every call, which may throw in its place. */
export function guarded<T extends object>(port: T, before: (method: string) => void): T {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function' || name === 'close') return method;
      return async (...given: readonly unknown[]) => {
        before(String(name));
        return Reflect.apply(method, target, given);
      };
    },
  });
}

function scalingPort(world: FakeWorld): Ports['scaling'] {
  return {
    listGroups: async () => [
      ...Array.from({ length: world.groupCount }, (_, index) => ({
        name: index === 0 ? world.groupName : `${world.groupName}-${index}`,
        desiredCapacity: world.desired,
        deleting: world.deleting,
        tags: new Map(world.tags),
        hasWarmPool: world.instances.some((instance) => isShown(world, instance) && isWarm(instance)),
        instances: world.instances
          .filter((instance) => isShown(world, instance) && !isWarm(instance))
          .map(toListed),
      })),
      ...world.otherGroups,
    ],
    listWarmPool: async () =>
      world.instances.filter((instance) => isShown(world, instance) && isWarm(instance)).map(toListed),
    listHooks: async () => HOOKS,
    listActivities: async () => world.instances.flatMap(toActivities),
    heartbeat: async (hook) => {
      world.heartbeats.push(hook.instanceId);
      return 'extended';
    },
    complete: async (hook, result) => {
      judgeAnswer(world, hook.instanceId, result);
      const answer = world.complete(hook, result);
      world.effect(`complete ${result}`);
      return answer;
    },
    reportUnhealthy: async (id) => {
      judgeReport(world, id);
      world.instance(id).health = 'Unhealthy';
      world.effect('report unhealthy');
    },
    endInstance: async (id) => {
      judgeReport(world, id, true);
      world.terminate(id);
      world.effect('end instance');
    },
    tagGroup: async (_group, key, value) => {
      world.tags.set(key, value);
      world.effect('tag');
    },
  };
}

function machineOf(world: FakeWorld, id: string): Machine {
  const found = world.instances.find((instance) => instance.id === id);
  if (found === undefined || world.forgotten.has(id)) return { kind: 'notFound' };
  const { state, launchedAtMs, address } = found;
  return {
    kind: 'known',
    state,
    privateIp: state === 'running' && !world.addressless.has(id) ? address : null,
    launchedAtMs,
    zone: 'a',
  };
}

function parameterPort(world: FakeWorld): Ports['parameters'] {
  const { parameters } = world;
  const put = (name: string, value: string, verb: string) => {
    const short = name.slice(PATH.length);
    judgeWrite(world, short, parameters.get(name), value);
    parameters.set(name, value);
    world.effect(`${verb} ${short}`);
  };
  return {
    readAll: async (path) => {
      const entries = [...parameters].filter(([name]) => name.startsWith(path));
      return new Map(entries.map(([name, value]) => [name.slice(path.length), value]));
    },
    create: async (name, value) => {
      if (parameters.has(name)) return 'exists';
      put(name, value, 'create');
      return 'created';
    },
    write: async (name, value) => put(name, value, 'write'),
    remove: async (names) => {
      judgeDeletion(
        world,
        names.map((name) => name.slice(PATH.length)),
      );
      for (const name of names) parameters.delete(name);
      world.effect('remove parameters');
    },
  };
}

const isShown = (world: FakeWorld, { id, listed }: FakeInstance): boolean => listed && !world.hidden.has(id);

/** The group's own list leaves them out. */
const isWarm = ({ lifecycle }: FakeInstance): boolean => lifecycle.startsWith('Warmed:');

const toListed = (instance: FakeInstance): GroupInstance => ({
  id: instance.id,
  lifecycle: instance.lifecycle,
  zone: 'a',
  health: instance.health,
});

const toActivities = (instance: FakeInstance): readonly ScalingActivity[] => [
  { instanceId: instance.id, kind: 'launch', startedAtMs: instance.launchedAtMs },
  ...(instance.terminatingAtMs === null
    ? []
    : [{ instanceId: instance.id, kind: 'terminate', startedAtMs: instance.terminatingAtMs } as const]),
];
