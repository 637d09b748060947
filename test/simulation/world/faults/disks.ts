import { allOf } from './fault.ts';
import { machinesOf, serversOf, sparedOf } from './targets.ts';

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

function alarm(world: Parameters<typeof serversOf>[0], kind: string): (() => void) | null {
  const processes = serversOf(world).map(({ id }) => world.processOf(id));
  const text = `memberID:${processes[0]?.memberId ?? ''} alarm:${kind} `;
  if (processes.length === 0 || processes.some(({ errors }) => errors.length > 0)) return null;
  for (const process of processes) process.errors.push(text);
  return () => {
    for (const { errors } of world.etcd.processes.values())
      if (errors.includes(text)) errors.splice(errors.indexOf(text), 1);
  };
}
