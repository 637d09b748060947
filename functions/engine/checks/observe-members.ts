import type { EtcdAccess } from '../../core/access.ts';
import { isHashDue, lowestRevision } from '../../core/checks/hashing.ts';
import type { ChecksMemory } from '../../core/checks/memory.ts';
import type { ChecksWorld } from '../../core/checks/world.ts';
import type { MemberId } from '../../core/identity.ts';
import type { KvHash } from '../../core/maintenance-port.ts';
import { KEY } from '../../core/names.ts';
import { type Member, type MemberView, type Observation, votersOf } from '../../core/observation.ts';
import type { EtcdPort } from '../../core/ports.ts';
import { clientUrlOf } from '../../core/urls.ts';
import type { Looked } from './look.ts';
import type { ChecksPorts } from './ports.ts';
import { orNothing } from './readings.ts';

type MemberSight = Pick<ChecksWorld, 'counters' | 'certificates' | 'hashes' | 'permit'>;

const NOTHING_SEEN: MemberSight = {
  counters: new Map(),
  certificates: new Map(),
  hashes: new Map(),
  permit: null,
};

/** What each member that answers shows beside its status. */
export async function observeMembers(
  ports: ChecksPorts,
  { report, access }: Looked,
  memory: ChecksMemory,
): Promise<MemberSight> {
  const { world } = report;
  if (world === null || access === null) return NOTHING_SEEN;
  const etcd = ports.openEtcd(access);
  try {
    const { view } = world.etcd;
    const [sides, hashes, permit] = await Promise.all([
      observeSides(ports, world, access),
      view === null ? new Map<MemberId, KvHash>() : hashAll(etcd, world, view, memory),
      view === null ? null : orNothing(etcd.read(view.witness, KEY.disruption)),
    ]);
    return { ...sides, hashes, permit };
  } finally {
    etcd.close();
  }
}

/** Whoever has an address is asked: an expired certificate is seen also where no voter answers. */
async function observeSides(
  ports: ChecksPorts,
  { config, instances }: Observation,
  access: EtcdAccess,
): Promise<Pick<MemberSight, 'counters' | 'certificates'>> {
  const scrutiny = ports.openScrutiny(access);
  const rows = await Promise.all(
    instances.map(async (instance) => {
      if (instance.address === null) return null;
      const endpoint = clientUrlOf(config, instance);
      const [counters, certificate] = await Promise.all([
        orNothing(scrutiny.counters(endpoint)),
        orNothing(scrutiny.certificate(endpoint)),
      ]);
      return { id: instance.id, counters, certificate };
    }),
  );
  const shown = rows.filter((row) => row !== null);
  return {
    counters: new Map(shown.flatMap(({ id, counters }) => (counters === null ? [] : [[id, counters]]))),
    certificates: new Map(
      shown.flatMap(({ id, certificate }) => (certificate === null ? [] : [[id, certificate]])),
    ),
  };
}

/** Of every voter that answers, at a revision that all of them have; none where it is not due. */
async function hashAll(
  etcd: EtcdPort,
  world: Observation,
  view: MemberView,
  memory: ChecksMemory,
): Promise<ReadonlyMap<MemberId, KvHash>> {
  const revision = isHashDue(world, memory) ? lowestRevision(world, view) : null;
  if (revision === null) return new Map();
  const voters = votersOf(view.members).filter(({ answers }) => answers);
  const hashes = await Promise.all(voters.map((voter) => hashOf(etcd, voter, revision)));
  return new Map(
    voters.flatMap(({ id }, index) => {
      const hash = hashes[index] ?? null;
      return hash === null ? [] : [[id, hash]];
    }),
  );
}

const hashOf = async (etcd: EtcdPort, { clientUrl }: Member, revision: string): Promise<KvHash | null> =>
  clientUrl === null ? null : orNothing(etcd.hashKv(clientUrl, revision));
