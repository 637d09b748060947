import { describe, expect, test } from 'vitest';
import type { EtcdPort, HookSettings, ScalingPort } from '../../functions/core/ports.ts';
import { type FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import {
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  listNames,
  minutes,
  setConfig,
  waitKinds,
} from '../support/story.ts';

/** Puts something between the function and etcd, and between it and Auto Scaling. */
function intercept(
  world: FakeWorld,
  change: {
    readonly etcd?: (port: EtcdPort) => Partial<EtcdPort>;
    readonly scaling?: (port: ScalingPort) => Partial<ScalingPort>;
  },
): void {
  const open = world.ports.bind(world);
  world.ports = (owner) => {
    const ports = open(owner);
    return {
      ...ports,
      scaling: { ...ports.scaling, ...change.scaling?.(ports.scaling) },
      openEtcd: (...given) => {
        const port = ports.openEtcd(...given);
        return { ...port, ...change.etcd?.(port) };
      },
    };
  };
}

test('a voter whose own list does not have it is no witness: its list is compared with nobody’s', async () => {
  const world = await grown(3);
  const leaver = followerOf(world);
  const removed = world.clientUrl(world.instance(world.leaderName));
  intercept(world, {
    etcd: (port) => ({
      members: async (endpoint) => {
        const list = await port.members(endpoint);
        return endpoint === removed ? list.filter(({ clientUrls }) => !clientUrls.includes(removed)) : list;
      },
    }),
  });
  world.terminate(leaver);
  world.tick();
  expect(waitKinds(await world.pass())).not.toContain('membersDisagree');
  expect(world.voters()).not.toContain(leaver);
  expectSafe(world);
});

describe('of hooks', () => {
  const THEIRS: HookSettings = {
    name: 'somebody-elses',
    transition: 'terminate',
    heartbeatSeconds: 60,
    globalSeconds: 6_000,
  };

  test('one that somebody else put on the group is theirs to answer', async () => {
    const world = await grown(3);
    const answered: string[] = [];
    intercept(world, {
      scaling: (port) => ({
        listHooks: async (group) => [THEIRS, ...(await port.listHooks(group))],
        complete: async (hook, result) => {
          answered.push(hook.hookName);
          return port.complete(hook, result);
        },
      }),
    });
    world.terminate(followerOf(world));
    await world.settle();
    expect([...new Set(answered)].sort()).toEqual(['etcd-autopilot-launch', 'etcd-autopilot-terminate']);
    expectWhole(world, 3);
  });

  test('the age of a terminate hook is that of the termination, never that of the instance', async () => {
    const world = await grown(1);
    world.desired = 0;
    world.nowMs += 40 * 3_600_000; // launched longer ago than half of a hook's limit
    world.tick();
    intercept(world, {
      scaling: (port) => ({
        listActivities: async (group) =>
          (await port.listActivities(group)).filter(({ kind }) => kind === 'launch'),
      }),
    });
    expect(waitKinds(await world.pass())).toEqual(['lastVoter']);
  });
});

test('the ticket of an instance that the group does not list stays while EC2 says nothing of it', async () => {
  const world = await grown(3);
  const id = 'i-0000000000000ffff';
  world.parameters.set(`${PATH}members/${id}`, 'AUTOPILOT_STATE=of a newer form\n');
  let isUnknown = true;
  intercept(world, {});
  const open = world.ports.bind(world);
  world.ports = (owner) => {
    const ports = open(owner);
    const describe = async (ids: readonly string[]) =>
      new Map([...(await ports.machines.describe(ids))].filter(([one]) => !isUnknown || one !== id));
    return { ...ports, machines: { ...ports.machines, describe } };
  };
  await minutes(world, 3);
  expect(listNames(world, 'members/')).toContain(id);
  isUnknown = false; // from now on EC2 says that it knows no such instance
  await minutes(world, 3);
  expect(listNames(world, 'members/')).not.toContain(id);
});

test('a frozen cluster is not published either: its lists stay as they are', async () => {
  const world = await grown(3);
  setConfig(world, { frozen: true });
  world.parameters.set(`${PATH}endpoints`, 'http://10.9.9.9:2379');
  const before = effectsOf(world, /./);
  expect(waitKinds(await world.pass())).toContain('frozen');
  expect(effectsOf(world, /./)).toEqual(before);
  expect(world.parameters.get(`${PATH}endpoints`)).toBe('http://10.9.9.9:2379');
});
