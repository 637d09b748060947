import type { Random } from '../../history/random.ts';
import type { FakeWorld } from '../fake-world.ts';
import { isInService } from '../instance.ts';
import { allOf } from './fault.ts';
import { sparedInServiceOf } from './targets.ts';

const MEGABYTE = 1_048_576;
/** Small, so that a load of megabytes fills it. */
export const QUOTA_BYTES = 64 * MEGABYTE;
/** A rewrite of a file of such a size keeps its member from answering for seconds. */
const REWRITE_MS = 3_000;

/** What fills the members' databases, and what spoils them. */
export const SPACE_FAULTS = allOf('D', {
  pastFillsDatabase: {
    about: 'clients overwrite the same keys until the databases are full',
    apply: (world) => fill(world, () => world.etcd.space.load(QUOTA_BYTES)),
  },
  pastFillsDatabaseSlowly: {
    about: 'clients overwrite the same keys for some minutes, and then the databases are full',
    apply: (world, random) => fillSlowly(world, random),
  },
  dataFillsDatabase: {
    about: 'clients keep so much that the databases are full, and delete it later',
    apply: (world) => {
      const { space } = world.etcd;
      if (fill(world, () => Object.assign(space, { keptBytes: space.keptBytes + QUOTA_BYTES })) === null)
        return null;
      return () => clean(world);
    },
  },
  databaseFragmented: {
    about: 'most of the database files is holes',
    apply: (world, random) => {
      const { etcd } = world;
      if (etcd.clusterId === null || etcd.space.inUseBytes > QUOTA_BYTES / 8) return null;
      etcd.space.defragmentMs = random.whole(0, 4) * 1_000;
      etcd.space.puncture(QUOTA_BYTES / 2);
      return 'done';
    },
  },
  dataSpoilt: {
    about: 'the data of a member is not that of the others, and etcd raises the alarm',
    apply: (world, random) => {
      const id = spoil(world, random);
      if (id !== null) world.etcd.alarms.set(id, 'CORRUPT');
      return id === null ? null : 'done';
    },
  },
  dataSpoiltUnnoticed: {
    about: 'the data of a member is not that of the others, and no etcd notices',
    apply: (world, random) => (spoil(world, random) === null ? null : 'done'),
  },
  dataOfTwoSpoilt: {
    about: 'the data of two members is spoilt, and an operator brings it back',
    apply: (world) => {
      const { etcd } = world;
      const [one, other] = etcd.voters();
      if (one === undefined || other === undefined || etcd.space.corrupt.size > 0) return null;
      const ids = [one.id, other.id];
      for (const id of ids) {
        etcd.space.corrupt.add(id);
        etcd.alarms.set(id, 'CORRUPT');
      }
      return () => {
        for (const id of ids) {
          etcd.space.corrupt.delete(id);
          etcd.alarms.delete(id);
        }
      };
    },
  },
});

/** The next write finds no room, and everybody raises the alarm. */
function fill(world: FakeWorld, write: () => unknown): 'done' | null {
  const { etcd } = world;
  if (etcd.leaderId === null || etcd.alarms.size > 0 || etcd.space.inUseBytes >= QUOTA_BYTES / 2) return null;
  Object.assign(etcd.space, { quotaBytes: QUOTA_BYTES, defragmentMs: REWRITE_MS });
  write();
  etcd.clientWrite();
  return 'done';
}

/** As the runbook says it: what is not needed is deleted and forgotten, files are rewritten, the alarm is taken back. */
function clean({ etcd }: FakeWorld): void {
  etcd.space.unload(QUOTA_BYTES);
  etcd.space.compact(etcd.revision);
  for (const { id } of etcd.members) etcd.space.defragment(id);
  for (const [id, alarm] of [...etcd.alarms]) if (alarm === 'NOSPACE') etcd.alarms.delete(id);
}

function fillSlowly(world: FakeWorld, random: Random): (() => void) | null {
  const { etcd } = world;
  if (etcd.leaderId === null || etcd.alarms.size > 0 || etcd.space.inUseBytes >= QUOTA_BYTES / 2) return null;
  Object.assign(etcd.space, { quotaBytes: QUOTA_BYTES, defragmentMs: REWRITE_MS });
  let lastAtMs = world.nowMs;
  const pour = () => {
    if (etcd.alarms.size > 0 || world.nowMs - lastAtMs < 5_000) return null;
    lastAtMs = world.nowMs;
    if (etcd.clientWrite()) etcd.space.load(random.whole(1, 6) * MEGABYTE);
    return null;
  };
  world.troubles.add(pour);
  return () => {
    world.troubles.delete(pour);
  };
}

/** Of one that serves, whose loss the cluster gets over, and never of a second one. */
function spoil(world: FakeWorld, random: Random): string | null {
  const { etcd } = world;
  const one = random.pick(sparedInServiceOf(world).filter((instance) => isInService(instance)));
  const voter = etcd.voters().find(({ id }) => id === one?.disk);
  if (voter === undefined || !etcd.runs(voter) || etcd.voters().length < 3) return null;
  if (etcd.space.corrupt.size > 0 || etcd.alarms.size > 0) return null;
  etcd.space.corrupt.add(voter.id);
  return voter.id;
}
