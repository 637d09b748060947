import { KEY, MEMBERS } from '../../../functions/core/names.ts';
import { encodeRebootLock } from '../../../functions/core/reboot/lock.ts';
import type { FakeWorld } from '../world/fake-world.ts';
import { serversOf, sparedInServiceOf } from '../world/faults/targets.ts';
import { ETCD_VERSIONS } from './fate.ts';
import type { Ending, Faults } from './fault.ts';

const LOCK = KEY.reboots + MEMBERS;
const STACK_TAGS = { 'aws:cloudformation:stack-name': 'stack', 'aws:cloudformation:logical-id': 'Group' };
/** Longer than any reboot takes. */
const OVERDUE_MS = 31 * 60_000;

/** What updates and reboots do to a cluster, and what goes wrong with them. */
export const UPDATE_FAULTS: Faults = {
  stackWaitsForSignals: {
    about: 'the stack of the group waits for a signal of every instance that is launched',
    apply: (world) => {
      if (world.stackWaits) return null;
      world.stackWaits = true;
      for (const [name, value] of Object.entries(STACK_TAGS)) world.tags.set(name, value);
      return () => {
        world.stackWaits = false;
        if (world.stackDeletes) return;
        for (const name of Object.keys(STACK_TAGS)) world.tags.delete(name);
      };
    },
  },
  badRelease: {
    about: 'an instance refresh brings an image whose etcd does not start, and is followed by a good one',
    apply: (world, random) => {
      if (world.refresh.isRunning || !world.imageBoots || sparedInServiceOf(world).length === 0) return null;
      world.imageBoots = false;
      world.refresh.start(world, random.oneOf('launchFirst', 'launchFirst', 'terminateFirst'));
      return () => {
        world.imageBoots = true;
        // Who was launched from the bad one and waits still is given up by hand.
        for (const one of world.instances) if (!one.boots && one.listed) one.boots = true;
      };
    },
  },
  memberReboots: {
    about: 'a member reboots with the lock for it, and gives that back',
    apply: (world, random) => {
      const one = random.pick(sparedInServiceOf(world));
      if (one === null || !takeLock(world, one.id, world.nowMs)) return null;
      world.reboot(one.id, random.whole(5, 40));
      return freeing(world);
    },
  },
  rebootLockKept: {
    about: 'a reboot client dies with the lock, which an operator releases',
    apply: (world, random) => {
      const one = random.pick(serversOf(world));
      if (one === null || !takeLock(world, one.id, world.nowMs - random.oneOf(0, OVERDUE_MS))) return null;
      return freeing(world);
    },
  },
  rebootingMemberVanishes: {
    about: 'a member reboots with the lock for it, and its machine does not come back',
    apply: (world, random) => {
      const one = random.pick(sparedInServiceOf(world));
      if (one === null || world.swaps.binds(one.id) || !takeLock(world, one.id, world.nowMs)) return null;
      world.vanish(one.id);
      return 'done';
    },
  },
  rebootLockGarbled: {
    about: 'somebody writes what nobody understands over the lock for reboots, and deletes it',
    apply: (world) => {
      if (!isFree(world)) return null;
      world.etcd.keys.set(LOCK, '{"version":9}');
      return freeing(world);
    },
  },
  newcomersOfAnotherVersion: {
    about: 'new instances bring another version of etcd, which is put right later',
    apply: (world, random) => {
      const { etcd } = world;
      if (etcd.newVersion !== null) return null;
      etcd.newVersion = random.pick(ETCD_VERSIONS.filter((version) => version !== etcd.version));
      return () => {
        etcd.newVersion = null;
        for (const process of etcd.processes.values()) process.version = null;
      };
    },
  },
};

/** Locks are taken under the permit of the cluster: not while somebody else has it. */
function isFree({ etcd, nowMs }: FakeWorld): boolean {
  const isPermitFree = etcd.permit === null || etcd.permit.expiresAtMs < nowMs;
  return etcd.clusterId !== null && etcd.hasQuorum() && isPermitFree && !etcd.keys.has(LOCK);
}

function takeLock(world: FakeWorld, instanceId: string, sinceMs: number): boolean {
  if (!isFree(world)) return false;
  const holder = { instanceId, since: new Date(sinceMs).toISOString() };
  world.etcd.keys.set(LOCK, encodeRebootLock({ holders: [holder], ours: true }) ?? '');
  return true;
}

const freeing = (world: FakeWorld): Ending => {
  const text = world.etcd.keys.get(LOCK);
  return () => {
    if (world.etcd.keys.get(LOCK) === text) world.etcd.keys.delete(LOCK);
  };
};
