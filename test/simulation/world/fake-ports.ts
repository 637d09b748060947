import type { Machine } from '../../../functions/core/ports.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import { judgeDeletion, judgeWrite } from '../../support/fake-rules.ts';
import type { FakeWorld } from './fake-world.ts';
import { scalingPort } from './scaling-port.ts';
import { PATH } from './state.ts';

type AwsPorts = Pick<
  Ports,
  'scaling' | 'machines' | 'stacks' | 'parameters' | 'secrets' | 'queue' | 'events'
>;

/** What AWS does for the world, completely and at once; `guarded` makes it fail. */
export function awsPorts(world: FakeWorld): AwsPorts {
  return {
    scaling: scalingPort(world),
    machines: machinePort(world),
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

function machinePort(world: FakeWorld): Ports['machines'] {
  return {
    describe: async (ids) => new Map(ids.map((id) => [id, machineOf(world, id)])),
    endings: async (ids) =>
      new Map(
        world.instances.flatMap(({ id, ending }) =>
          ending !== null && ids.includes(id) ? [[id, ending]] : [],
        ),
      ),
  };
}

function machineOf(world: FakeWorld, id: string): Machine {
  const found = world.instances.find((instance) => instance.id === id);
  if (found === undefined || world.forgotten.has(id)) return { kind: 'notFound' };
  const { state, launchedAtMs, address, zone } = found;
  return {
    kind: 'known',
    state,
    privateIp: state === 'running' && !world.addressless.has(id) ? address : null,
    launchedAtMs,
    zone,
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
