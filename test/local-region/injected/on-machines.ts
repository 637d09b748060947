import type { InjectedFault } from './fault.ts';
import type { Ground } from './ground.ts';

/** A fault of the region that lasts until it is cleared. */
async function lasting({ control }: Ground, kind: string, target: string) {
  const { id } = await control.fault({ kind, target });
  return { subject: target, undo: () => control.clear(id) };
}

/** Writes so many values, so many at a time. */
async function write({ etcdctl }: Ground, count: number, width: number): Promise<void> {
  for (let done = 0; done < count; done += width) {
    await Promise.all(
      Array.from({ length: width }, (_, index) => etcdctl('put', `load-${index}`, `${done}`)),
    );
  }
}

async function killedForGood(ground: Ground, kind: string) {
  const gone = await ground.follower();
  await ground.control.fault({ kind, target: gone });
  return { gone };
}

/** Processes, disks, machines and zones: real ones, on the local region. */
export const ON_MACHINES: readonly InjectedFault[] = [
  {
    name: 'the etcd of a follower is killed whenever it runs',
    codes: ['voterSilent'],
    end: 'left',
    inject: async (ground) => lasting(ground, 'crash-etcd', await ground.follower()),
  },
  {
    name: 'the etcd of a follower is frozen',
    codes: ['voterSilent'],
    end: 'left',
    inject: async (ground) => lasting(ground, 'freeze-etcd', await ground.follower()),
  },
  {
    name: 'the etcd of the leader is frozen',
    codes: ['voterSilent'],
    end: 'left',
    inject: async (ground) => lasting(ground, 'freeze-etcd', await ground.leader()),
  },
  {
    name: 'a whole machine hangs: it takes connections and never answers',
    codes: ['voterSilent'],
    end: 'left',
    inject: async (ground) => lasting(ground, 'black-hole', await ground.follower()),
  },
  {
    name: 'two of three voters hang',
    codes: ['quorumUnknown', 'quorumLost'],
    end: 'left',
    inject: async (ground) => {
      const voters = ground.region.groups.get(ground.group).instances.map(({ id }) => id);
      const faults: { readonly id: string | null }[] = [];
      for (const target of voters.slice(0, 2)) {
        faults.push(await ground.control.fault({ kind: 'freeze-etcd', target }));
      }
      return {
        undo: async () => {
          for (const { id } of faults) await ground.control.clear(id);
        },
      };
    },
  },
  {
    name: 'the disk of a voter is slow',
    codes: ['memberSlow'],
    end: 'left',
    inject: async (ground) => {
      const { subject, undo } = await lasting(ground, 'slow-disk', await ground.follower());
      return { subject, undo, meanwhile: () => write(ground, 60, 2) };
    },
  },
  {
    name: 'one bit of a stored value is flipped on the disk of a voter',
    codes: ['hashesDiffer', 'memberCorrupt'],
    end: 'repaired',
    inject: async (ground) => {
      await write(ground, 20, 4);
      const gone = await ground.follower();
      await ground.control.fault({ kind: 'flip-bit', target: gone });
      return { subject: gone, gone };
    },
  },
  {
    name: 'the data directory of a voter is emptied',
    codes: ['voterSilent', 'evidenceMissing', 'tooFewVoters', 'memberStarting'],
    end: 'repaired',
    inject: async ({ control, follower }) => {
      // The same machine joins again, as another member.
      await control.fault({ kind: 'wipe-disk', target: await follower() });
      return {};
    },
  },
  {
    name: 'a machine ends without a warning',
    codes: ['voterSilent', 'evidenceMissing', 'tooFewVoters', 'instancesMissing'],
    end: 'repaired',
    inject: (ground) => killedForGood(ground, 'kill-instance'),
  },
  {
    name: 'EC2 announces the retirement of a machine',
    codes: ['machineEnding'],
    end: 'repaired',
    inject: (ground) => killedForGood(ground, 'retire'),
  },
  {
    name: 'a zone has no capacity, and its voter dies',
    codes: ['zonesUnbalanced', 'tooFewVoters', 'voterSilent', 'evidenceMissing'],
    end: 'left',
    inject: async (ground) => {
      const gone = await ground.follower();
      const zone = ground.region.groups.instance(gone).place.zone;
      const { id } = await ground.control.fault({ kind: 'no-capacity', target: zone });
      await ground.control.fault({ kind: 'kill-instance', target: gone });
      return { gone, undo: () => ground.control.clear(id) };
    },
  },
];
