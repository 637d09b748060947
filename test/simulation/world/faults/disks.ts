import type { FakeWorld } from '../fake-world.ts';
import { allOf } from './fault.ts';
import { machinesOf, sparedOf } from './targets.ts';

const REMOVED_MEMBER = '6660666';

/** What befalls data. What is lost for good is what the cluster gets over. */
export const DATA_FAULTS = allOf('D', {
  diskWiped: {
    about: 'a machine comes back with an empty disk',
    apply: (world, random) => {
      const one = random.pick(sparedOf(world).filter(({ disk }) => disk !== null));
      if (one === null) return null;
      world.wipe(one.id);
      one.upAtMs = world.nowMs + random.whole(0, 30) * 1_000;
      return 'done';
    },
  },
  oldDiskAttached: {
    about: 'a machine comes back with the disk of a member that was removed long ago',
    apply: (world, random) => {
      const one = random.pick(sparedOf(world).filter(({ disk }) => disk !== null));
      if (one === null) return null;
      world.wipe(one.id);
      one.disk = REMOVED_MEMBER;
      return 'done';
    },
  },
  noSpace: {
    about: 'a member is out of space, and all of them raise the alarm',
    apply: (world) => alarm(world, 'NOSPACE'),
  },
  corrupt: {
    about: 'a member finds its data corrupt, and all of them raise the alarm',
    apply: (world) => alarm(world, 'CORRUPT'),
  },
  foreignCluster: {
    about: 'a newcomer runs an etcd of another cluster',
    apply: (world, random) => {
      const free = machinesOf(world).filter(
        (one) => one.listed && one.lifecycle === 'Pending:Wait' && !world.hasEtcd(one),
      );
      const one = random.pick(free);
      if (one === null) return null;
      const url = world.clientUrl(one);
      world.etcd.runStranger(url, '777');
      return () => {
        if (world.etcd.processes.get(url)?.clusterId === '777') world.etcd.processes.delete(url);
      };
    },
  },
});

function alarm(world: FakeWorld, kind: 'NOSPACE' | 'CORRUPT'): (() => void) | null {
  const { alarms } = world.etcd;
  const [voter] = world.etcd.voters();
  if (voter === undefined || alarms.has(voter.id)) return null;
  alarms.set(voter.id, kind);
  return () => {
    alarms.delete(voter.id);
  };
}
