import { type Finding, finding } from '../finding.ts';
import type { InstanceId } from '../identity.ts';
import { isServing, type JoinedGroup } from '../joined.ts';
import { chooseEvenly, PUBLISHED_MAX } from './choose.ts';
import { ADDRESS_TYPES, type AddressType, frontRecord, typeOf } from './records.ts';
import { areEnding, type Fronted, find, type Sight, see } from './sight.ts';
import type { ClusterWorld, ZoneWorld } from './world.ts';
import type { RecordSet } from './zone-port.ts';

/** What should stand of ours at a name (and below it), and what does. */
export interface Part {
  readonly ours: readonly RecordSet[];
  readonly target: readonly RecordSet[];
  /** Somebody wants the name, now or as soon as instances are there. */
  readonly isWanted: boolean;
  /** No list has a group that wants it, and none said that it wants it no more: it waits as it is. */
  readonly isMissing: boolean;
  readonly findings: readonly Finding[];
}

/** The addresses that a name leads to. `existing`: every record set at that very name. */
export function planFront(
  world: ZoneWorld,
  cluster: ClusterWorld,
  name: string,
  existing: readonly RecordSet[],
): Part {
  const sight = see(world, cluster, name, existing);
  const { ours } = sight;
  if (isMissing(sight)) {
    const findings = [missing(sight)];
    return { ours, target: keep(sight, ours), isWanted: true, isMissing: true, findings };
  }
  const byType = ADDRESS_TYPES.map((type) => planType(sight, type));
  const target = byType.flatMap((part) => part.target);
  const findings = [...byType.flatMap((part) => part.findings), ...findingsOf(sight)];
  const isWanted = !areEnding(sight);
  const part = { ours, isWanted, isMissing: false };
  // A change of the kind of address must not empty the name either (rule R6).
  const isKept = isWanted && target.length === 0 && ours.length > 0;
  if (!isKept) return { ...part, target, findings };
  const told = findings.some(({ code }) => code === 'nothingToPublish') ? [] : [kept(sight)];
  return { ...part, target: keep(sight, ours), findings: [...findings, ...told] };
}

/** A list by tags may lack a group once, not for a minute. */
const MISSING_MS = 60_000;

/**
 * Nobody seems to want the name any more, and of somebody who is published there nobody tells where
 * he is: only a second look, a minute later, gives it up (rule R5).
 */
function isMissing({ world, cluster, name, groups, vague, ours }: Sight): boolean {
  if (groups.length > 0 || vague.length > 0 || cluster.standing === 'deleting') return false;
  const owned = cluster.state.names.get(name);
  // Without a record of its own a name is that of members, or its records were taken by hand.
  const isUntold = ours.some(({ setIdentifier }) => !isListed(cluster, setIdentifier ?? ''));
  if (!isUntold && (ours.length > 0 || owned?.below.length !== 0)) return false;
  const sinceMs = owned?.missingSinceMs ?? world.takenAtMs;
  return world.takenAtMs - sinceMs < MISSING_MS;
}

const missing = ({ name, world }: Sight): Finding =>
  finding(
    'instanceUnlisted',
    name,
    `no group with zone ${world.zoneId} lists its instances; it is given up after a minute`,
  );

function planType(sight: Sight, type: AddressType): Pick<Part, 'target' | 'findings'> {
  const groups = sight.groups.filter(({ front }) => typeOf(front.address) === type);
  const ours = sight.ours.filter((record) => record.type === type);
  const published = new Map(ours.map((record) => [record.setIdentifier ?? '', record]));
  const candidates = groups.flatMap((group) => candidatesOf(sight, group, published));
  const unlisted = ours.filter((record) => isUnlisted(sight, record));
  const chosen = chooseEvenly(candidates, PUBLISHED_MAX - unlisted.length);
  const untold = sight.vague.flatMap((group) => stayingOf(group, published));
  const serving = [...chosen.map(({ record }) => record), ...untold, ...unlisted];
  const target = [...serving, ...unsureOf(sight, ours, serving)];
  const findings = [
    ...groups.flatMap((group) => missingOf(sight, group)),
    ...unlisted.map((record) => unlistedOf(sight, record)),
    ...(candidates.length > chosen.length ? [tooMany(sight, type, candidates.length)] : []),
  ];
  const isKept = target.length === 0 && ours.length > 0 && groups.length > 0 && !areEnding(sight);
  return isKept ? { target: keep(sight, ours), findings: [...findings, kept(sight)] } : { target, findings };
}

/**
 * While EC2 does not tell who lives, whoever seems to serve may be dead: nobody is taken out beside
 * him (rule R6).
 */
function unsureOf(
  sight: Sight,
  ours: readonly RecordSet[],
  serving: readonly RecordSet[],
): readonly RecordSet[] {
  if (sight.world.hosts !== null || areEnding(sight)) return [];
  const stay = new Set(serving.map(({ setIdentifier }) => setIdentifier));
  return ours.filter(({ setIdentifier }) => !stay.has(setIdentifier));
}

interface Publishable {
  readonly id: InstanceId;
  readonly zone: string;
  readonly isPublished: boolean;
  readonly record: RecordSet;
}

/** Who may be sent to, each with the record that should stand for it. */
function candidatesOf(
  sight: Sight,
  group: Fronted,
  published: ReadonlyMap<string, RecordSet>,
): readonly Publishable[] {
  const type = typeOf(group.front.address);
  return group.instances.filter(isServing).flatMap(({ id, zone }) => {
    const now = published.get(id) ?? null;
    const found = find(sight.world, id, group.front.address);
    const isNew = found.kind === 'address' && mayAdd(sight, type);
    const record = isNew ? frontRecord(sight.name, type, id, found.address, sight.ttlSeconds) : now;
    const isUseful = found.kind === 'address' || found.kind === 'unknown';
    return record === null || !isUseful ? [] : [{ id, zone, isPublished: now !== null, record }];
  });
}

/** Route 53 keeps no multivalue record set beside another kind of one, or beside a `CNAME`. */
const mayAdd = ({ cluster, foreign }: Sight, type: AddressType): boolean =>
  cluster.standing === 'registered' &&
  foreign.every(
    (record) => record.type !== 'CNAME' && (record.type !== type || record.routing === 'multivalue'),
  );

const stayingOf = (group: JoinedGroup, published: ReadonlyMap<string, RecordSet>): readonly RecordSet[] =>
  group.instances.filter(isServing).flatMap(({ id }) => published.get(id) ?? []);

/** No group lists it, and EC2 does not say that it is over: a list that lacks a whole group removes nobody (rule R5). */
const isUnlisted = ({ world, cluster }: Sight, { setIdentifier }: RecordSet): boolean =>
  !isListed(cluster, setIdentifier ?? '') && find(world, setIdentifier ?? '', 'private').kind !== 'dead';

const isListed = ({ groups, elsewhere }: ClusterWorld, id: InstanceId): boolean =>
  elsewhere.has(id) || groups.some(({ instances }) => instances.some((one) => one.id === id));

const unlistedOf = ({ name }: Sight, { setIdentifier }: RecordSet): Finding =>
  finding(
    'instanceUnlisted',
    setIdentifier ?? '',
    `it runs, no group with this zone lists it, and ${name} leads to it`,
  );

/** The last good value: those of whom nobody says that they are dead; else all, as they stand. */
function keep({ world }: Sight, ours: readonly RecordSet[]): readonly RecordSet[] {
  const alive = ours.filter(
    ({ setIdentifier }) => find(world, setIdentifier ?? '', 'private').kind !== 'dead',
  );
  return alive.length > 0 ? alive : ours;
}

const kept = ({ name, ours }: Sight): Finding =>
  finding(
    'nothingToPublish',
    name,
    `no instance is in service and healthy with an address; ${ours.length} records stay`,
  );

function missingOf({ world }: Sight, group: Fronted): readonly Finding[] {
  const ids = group.instances
    .filter((one) => isServing(one) && find(world, one.id, group.front.address).kind === 'none')
    .map(({ id }) => id);
  const words = `${ids.length} in service without a ${group.front.address} address: ${ids.slice(0, 3).join(', ')}`;
  return ids.length === 0 ? [] : [finding('addressMissing', group.name, words)];
}

const tooMany = ({ name }: Sight, type: AddressType, count: number): Finding =>
  finding('tooManyInstances', name, `${count} instances, ${PUBLISHED_MAX} of them published as ${type}`);

function findingsOf({ name, groups, foreign, ttlSeconds }: Sight): readonly Finding[] {
  const ttls = new Set(groups.map(({ front }) => front.ttlSeconds));
  const strangers = foreign.map(({ type, setIdentifier }) =>
    finding(
      'recordForeign',
      name,
      `${type} ${setIdentifier ?? 'without a set identifier'} is not the autopilot's`,
    ),
  );
  if (ttls.size < 2) return strangers;
  return [
    ...strangers,
    finding(
      'ttlDiffers',
      name,
      `its groups ask for ${[...ttls].sort((a, b) => a - b).join(', ')} seconds; ${ttlSeconds} is used`,
    ),
  ];
}
