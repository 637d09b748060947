import { waitingHooks } from '../../core/dns/hooks.ts';
import { candidateIds } from '../../core/dns/members.ts';
import { namesToRead } from '../../core/dns/plan.ts';
import { type ClusterWorld, isOpen, type ZoneWorld } from '../../core/dns/world.ts';
import type { RecordSet, Zone } from '../../core/dns/zone-port.ts';
import type { OperationError } from '../../core/errors.ts';
import { isServing, type JoinedGroup, parseJoinedGroup, withNotices } from '../../core/joined.ts';
import { INSTANCE_ID } from '../../core/names.ts';
import { observeNotices } from '../notices.ts';
import { observeCluster } from './cluster.ts';
import { BeatMemory } from './heartbeats.ts';
import type { DnsPorts } from './ports.ts';
import { Readings } from './reading.ts';
import { sideBySide } from './side-by-side.ts';

export interface ZoneLook {
  readonly world: ZoneWorld;
  /** Hooks that should have been extended, and are not. */
  readonly failedBeatCount: number;
  /** The first reading that failed; `null`: everything was seen. */
  readonly error: OperationError | null;
}

export interface LookRequest {
  readonly zoneId: string;
  readonly owner: string;
  /** The cluster that the message is about: it may own names here without having a group any more. */
  readonly cluster: string | null;
  /** Absent: nothing is remembered of earlier heartbeats, so all are due. */
  readonly beats?: BeatMemory | undefined;
}

/** Names of what was read may name others (an SRV record its targets): one round more shows those. */
const ROUNDS_MAX = 2;

/**
 * Reads all that one decision about the zone is based on. Heartbeats go out as soon as the groups are known.
 *
 * @throws {OperationError} the groups of the zone could not be listed: then nothing is known.
 */
export async function observeZone(ports: DnsPorts, request: LookRequest): Promise<ZoneLook> {
  const readings = new Readings();
  const listed = await listGroups(ports, request, readings);
  const { beats = new BeatMemory() } = request;
  const ours = listed.filter(({ zone }) => zone === null || zone === request.zoneId);
  const failedBeatCount = await beats.send(ports, ours.flatMap(waitingHooks));
  const takenAtMs = ports.clock.nowMs();
  const [zone, ending] = await Promise.all([
    readings.try<Zone | 'unknown'>(ports.zones.describeZone(request.zoneId)),
    observeNotices(ports.notices),
  ]);
  const groups = listed.map((group) => withNotices(group, ending));
  const told = await observeClusters(ports, request, groups, readings);
  const { seenWaitingMs } = beats;
  const clusters = told.map((cluster) => ({ ...cluster, seenWaitingMs }));
  for (const { hooks, activities } of clusters) beats.note(hooks, activities);
  const { zoneId, owner } = request;
  const hosts = await readings.try(ports.hosts.describeHosts(idsToAsk(clusters)));
  const blank: ZoneWorld = { takenAtMs, zoneId, owner, zone, clusters, hosts, records: new Map() };
  const records = zone === null || zone === 'unknown' ? new Map() : await readRecords(ports, blank, readings);
  const others = await readings.try(ports.hosts.describeHosts(idsBehind(records, hosts)));
  const known = hosts === null || others === null ? hosts : new Map([...hosts, ...others]);
  return { world: { ...blank, hosts: known, records }, failedBeatCount, error: readings.error };
}

/**
 * Groups with names here; of the cluster that was asked for also the others: hooks of those that name
 * no zone wait, too, and who is listed elsewhere has left. Whoever is in a warm pool waits in the hooks of its group, and is in no list of it.
 */
async function listGroups(
  { joined }: DnsPorts,
  { zoneId, cluster }: LookRequest,
  readings: Readings,
): Promise<readonly JoinedGroup[]> {
  const here = await joined.listByZone(zoneId);
  const all = cluster === null ? [] : ((await readings.try(joined.listByCluster(cluster))) ?? []);
  const known = new Set(here.map(({ name }) => name));
  const others = all.filter((group) => !known.has(group.name));
  return sideBySide([...here, ...others], async (group) => {
    if (!group.hasWarmPool) return parseJoinedGroup(group);
    const pool = (await readings.try(joined.listWarmPool(group.name))) ?? [];
    return parseJoinedGroup({ ...group, instances: [...group.instances, ...pool] });
  });
}

async function observeClusters(
  ports: DnsPorts,
  { zoneId, cluster }: LookRequest,
  groups: readonly JoinedGroup[],
  readings: Readings,
): Promise<readonly Omit<ClusterWorld, 'seenWaitingMs'>[]> {
  const named = groups.map((group) => group.cluster);
  const names = [...new Set([...named, ...(cluster === null ? [] : [cluster])])].sort();
  return sideBySide(names, (name) =>
    observeCluster(
      ports,
      zoneId,
      name,
      groups.filter((group) => group.cluster === name),
      readings,
    ),
  );
}

/** Whoever could be published, or is a member: all others need no address. */
const idsToAsk = (clusters: readonly ClusterWorld[]): readonly string[] => [
  ...new Set(clusters.filter(isOpen).flatMap((cluster) => [...frontIds(cluster), ...candidateIds(cluster)])),
];

/** Also those that are leaving: of the last records those stay whose machines run. */
const frontIds = ({ groups }: ClusterWorld): readonly string[] =>
  groups
    .filter(({ front, zone, instances }) => (front !== null || zone !== null) && instances.length > 0)
    .flatMap(({ instances }) => {
      const serving = instances.filter(isServing);
      return (serving.length > 0 ? serving : instances).map(({ id }) => id);
    });

/** Instances that records are made for and that nobody asked for yet: in no list, or not in service. */
function idsBehind(
  records: ReadonlyMap<string, readonly RecordSet[]>,
  hosts: ZoneWorld['hosts'],
): readonly string[] {
  const named = [...records].flatMap(([name, sets]) => [
    name.split('.')[0] ?? '',
    ...sets.map(({ setIdentifier }) => setIdentifier ?? ''),
  ]);
  return [...new Set(named)].filter((id) => INSTANCE_ID.test(id) && hosts?.has(id) === false);
}

/** In the order of the zone a name comes before all that lies below it, and one answer tells of many. */
const placeOf = (name: string): string => `${name.split('.').reverse().join('.')}.`;

async function readRecords(
  { zones }: DnsPorts,
  world: ZoneWorld,
  readings: Readings,
): Promise<ReadonlyMap<string, readonly RecordSet[]>> {
  const records = new Map<string, readonly RecordSet[]>();
  const asked = new Set<string>();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const names = namesToRead({ ...world, records })
      .filter((name) => !asked.has(name))
      .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
    for (const name of names) asked.add(name);
    await sideBySide(names, async (name) => {
      const found = await readings.try(zones.listName(world.zoneId, name));
      if (found !== null) records.set(name, found);
    });
  }
  return records;
}
