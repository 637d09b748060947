import type { Random } from '../../history/random.ts';
import type { FakeWorld } from '../fake-world.ts';
import type { FakeInstance } from '../instance.ts';
import { allOf } from './fault.ts';
import { machinesOf, sparedInServiceOf, sparedOf } from './targets.ts';

const SPOT_NOTICE_MS = 120_000;

/** What befalls machines and zones. What is lost for good is what the cluster gets over. */
export const HOST_FAULTS = allOf('H', {
  instanceVanishes: {
    about: 'a machine is gone at once, and its group knows',
    apply: (world, random) => {
      const one = random.pick(sparedOf(world).filter(({ listed }) => listed));
      if (one === null) return null;
      world.vanish(one.id);
      return 'done';
    },
  },
  instanceKilled: {
    about: 'somebody terminates a machine in EC2; its group notices later, and runs the hook',
    apply: (world, random) => killOne(world, random, true),
  },
  instanceKilledUnhooked: {
    about: 'somebody terminates a machine in EC2; its group notices later, and runs no hook',
    apply: (world, random) => killOne(world, random, false),
  },
  newcomerKilled: {
    about: 'a machine that waits in its launch hook is terminated',
    apply: (world, random) => {
      const waiting = sparedOf(world).filter(
        ({ listed, lifecycle }) => listed && lifecycle === 'Pending:Wait',
      );
      const one = random.pick(waiting);
      if (one === null) return null;
      world.vanish(one.id);
      return 'done';
    },
  },
  machineReboots: {
    about: 'a machine reboots',
    apply: (world, random) => {
      const one = random.pick(machinesOf(world));
      if (one === null) return null;
      world.reboot(one.id, random.whole(10, 60));
      return 'done';
    },
  },
  healthCheckFails: {
    about: 'EC2 finds a machine impaired, and its group replaces it',
    apply: (world, random) => {
      const one = random.pick(sparedInServiceOf(world));
      if (one === null) return null;
      one.health = 'Unhealthy';
      return 'done';
    },
  },
  spotNotice: {
    about: 'EC2 announces to take a machine back in two minutes',
    apply: (world, random) =>
      announce(world, random.pick(sparedInServiceOf(world)), 'spotInterruption', SPOT_NOTICE_MS),
  },
  retirement: {
    about: 'EC2 announces the end of failing hardware',
    apply: (world, random) => {
      const inMs = random.whole(10, 60) * 60_000;
      return announce(world, random.pick(sparedInServiceOf(world)), 'retirement', inMs);
    },
  },
  zoneLosesPower: {
    about: 'a zone is without power, and takes no new machines',
    apply: (world, random) => {
      const zone = random.pick(zonesInUse(world));
      const struck = machinesOf(world).filter((one) => one.zone === zone);
      if (zone === null || struck.length === 0 || world.zones.full.has(zone)) return null;
      world.zones.full.add(zone);
      for (const one of struck) world.reboot(one.id, Number.POSITIVE_INFINITY);
      return () => {
        world.zones.full.delete(zone);
        for (const one of struck) one.upAtMs = world.nowMs;
      };
    },
  },
  zoneIsLost: {
    about: 'the machines of a zone are lost, as far as the cluster gets over it',
    apply: (world, random) => {
      const zone = random.pick(zonesInUse(world));
      let lostCount = 0;
      for (const one of sparedOf(world).filter((spared) => spared.zone === zone)) {
        if (!sparedOf(world).includes(one)) continue;
        world.kill(one.id);
        lostCount += 1;
      }
      return lostCount === 0 ? null : 'done';
    },
  },
  zoneHasNoCapacity: {
    about: 'a zone has no capacity for new machines',
    apply: (world, random) => {
      const zone = random.pick(world.zones.names.filter((name) => !world.zones.full.has(name)));
      if (zone === null) return null;
      world.zones.full.add(zone);
      return () => {
        world.zones.full.delete(zone);
      };
    },
  },
  noCapacityAnywhere: {
    about: 'Auto Scaling launches no more machines than there are',
    apply: (world) => {
      if (world.suspended.has('Launch')) return null;
      world.suspended.add('Launch');
      return () => {
        world.suspended.delete('Launch');
      };
    },
  },
  addressReused: {
    about: 'the next machine gets the address of a dead one',
    apply: (world, random) => {
      // A machine that boots, or stands still in a pool, has its address, too.
      const living = world.instances.filter(({ state }) => state !== 'terminated');
      const taken = new Set([...living.map(({ address }) => address), ...world.addresses]);
      const free = world.instances.filter(
        ({ state, address }) => state === 'terminated' && !taken.has(address),
      );
      const address = random.pick(free)?.address;
      if (address === undefined) return null;
      world.addresses.push(address);
      return 'done';
    },
  },
  platformIsSlow: {
    about: 'machines take long to boot, to end, and to be noticed',
    apply: (world, random) => {
      const before = world.times;
      if (before.bootSeconds >= 30) return null;
      const slow = {
        bootSeconds: random.whole(30, 120),
        shutdownSeconds: 40,
        noticeSeconds: 90,
        proceedSeconds: 5,
      };
      world.times = { ...before, ...slow };
      return () => {
        world.times = before;
      };
    },
  },
});

const zonesInUse = (world: FakeWorld): readonly string[] => [
  ...new Set(machinesOf(world).map(({ zone }) => zone)),
];

function killOne(world: FakeWorld, random: Random, holdsGone: boolean): 'done' | null {
  const one = random.pick(sparedOf(world));
  if (one === null) return null;
  world.hooks.holdsGone = holdsGone;
  if (Number.isFinite(world.times.noticeSeconds)) world.kill(one.id);
  else world.vanish(one.id);
  return 'done';
}

function announce(
  world: FakeWorld,
  one: FakeInstance | null,
  ending: 'spotInterruption' | 'retirement',
  inMs: number,
): 'done' | null {
  if (one === null || one.ending !== null) return null;
  one.ending = ending;
  one.diesAtMs = world.nowMs + inMs;
  if (ending === 'spotInterruption') world.mail.tellEnding(world, one.id);
  return 'done';
}
