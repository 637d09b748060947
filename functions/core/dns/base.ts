import { type Finding, finding } from '../finding.ts';
import type { InstanceId } from '../identity.ts';
import { type Part, planFront } from './front.ts';
import { labelsBelow, planMembers } from './members.ts';
import { isInZone, ownershipName } from './names.ts';
import { holderOf, markOf } from './ownership.ts';
import { digestOf, isAddressed, isOfInstance, isSame, keyOf } from './records.ts';
import type { ClusterWorld, ZoneWorld } from './world.ts';
import type { RecordChange, RecordSet } from './zone-port.ts';

/** What is to be done about one name of one cluster, with all that goes by its mark. */
export interface BasePlan {
  readonly cluster: string;
  readonly base: string;
  /** `unread`: what stands there is unknown. `untouched`: it is somebody else's, or no zone of ours has it. */
  readonly kind: 'planned' | 'unread' | 'untouched';
  /** One batch: all of it is safe, part of it may not be. */
  readonly changes: readonly RecordChange[];
  /** Our records as they stand, and as they will. */
  readonly ours: readonly RecordSet[];
  readonly after: readonly RecordSet[];
  /** The mark stands, or will. */
  readonly isHeld: boolean;
  /** Its changes were refused a short while ago, and are not tried in this pass. */
  readonly isResting: boolean;
  /** No list has a group that wants it: it is given up when that lasts. */
  readonly isMissing: boolean;
  readonly withdrawn: readonly Withdrawn[];
  readonly findings: readonly Finding[];
}

/** An instance whose record is taken out; resolvers may keep it for `ttlSeconds`. */
export interface Withdrawn {
  readonly id: InstanceId;
  readonly ttlSeconds: number;
}

/** Names that must be read before {@link planBase} can say anything. */
export function namesOfBase(world: ZoneWorld, cluster: ClusterWorld, base: string): readonly string[] {
  const below = labelsBelow(world, cluster, base).map((label) => `${label}.${base}`);
  return [base, ownershipName(base), ...below];
}

export function planBase(world: ZoneWorld, cluster: ClusterWorld, base: string): BasePlan {
  const { zone } = world;
  if (zone === null) return untouched('unread', cluster, base);
  if (zone === 'unknown') return untouched('untouched', cluster, base);
  if (!isInZone(base, zone.name)) {
    const words = `the name does not end in ${zone.name}, the name of zone ${world.zoneId}`;
    return untouched('untouched', cluster, base, finding('nameOutsideZone', base, words));
  }
  const unread = namesOfBase(world, cluster, base).filter((name) => !world.records.has(name));
  if (unread.length > 0) {
    const words = `Route 53 did not tell what stands at ${unread.slice(0, 3).join(', ')}`;
    return untouched('unread', cluster, base, finding('notReadable', base, words));
  }
  return planRead(world, cluster, base);
}

function planRead(world: ZoneWorld, cluster: ClusterWorld, base: string): BasePlan {
  const existing = world.records.get(base) ?? [];
  const marks = world.records.get(ownershipName(base)) ?? [];
  const holder = holderOf(marks, cluster.name, world.owner);
  const part = merge(planFront(world, cluster, base, existing), planMembers(world, cluster, base));
  const strangers = holder === 'nobody' ? strangersOf(world, cluster, base) : [];
  if (holder === 'somebodyElse' || strangers.length > 0) {
    const words =
      holder === 'somebodyElse'
        ? `the mark ${ownershipName(base)} names somebody else: ${marks[0]?.values[0] ?? ''}`
        : `records that nobody marked stand there already: ${strangers[0]?.name} ${strangers[0]?.type}`;
    return untouched('untouched', cluster, base, finding('nameForeign', base, words));
  }
  return finish(world, cluster, base, part, holder === 'ours' ? marks : []);
}

const merge = (a: Part, b: Part): Part => ({
  ours: [...a.ours, ...b.ours],
  target: [...a.target, ...b.target],
  isWanted: a.isWanted || b.isWanted,
  isMissing: a.isMissing || b.isMissing,
  findings: [...a.findings, ...b.findings],
});

/**
 * What stands at an unmarked name, or where its members would go, and is not known to be ours. The
 * mark may have been deleted by hand: a name that is remembered, and still has records of instances,
 * is ours, whatever somebody put beside them.
 */
function strangersOf(world: ZoneWorld, cluster: ClusterWorld, base: string): readonly RecordSet[] {
  const isRemembered = cluster.state.names.has(base);
  const known = new Set(cluster.groups.flatMap(({ instances }) => instances.map(({ id }) => id)));
  const existing = (world.records.get(base) ?? []).filter(isAddressed);
  const strange = existing.filter((one) => !isOfInstance(one) || !known.has(one.setIdentifier ?? ''));
  if (isRemembered) return existing.some(isOfInstance) ? [] : existing;
  const below = labelsBelow(world, cluster, base).flatMap((label) =>
    (world.records.get(`${label}.${base}`) ?? []).filter((one) => isAddressed(one) || one.type === 'SRV'),
  );
  return [...strange, ...below];
}

function finish(
  world: ZoneWorld,
  cluster: ClusterWorld,
  base: string,
  part: Part,
  marks: readonly RecordSet[],
): BasePlan {
  const isHeld = part.target.length > 0 || (marks.length > 0 && part.isWanted);
  const mark = markOf(base, cluster.name, world.owner);
  const changes = [
    ...(isHeld && marks.length === 0 ? [{ action: 'CREATE', record: mark } as const] : []),
    ...diff(part),
    ...(isHeld ? [] : marks.map((record) => ({ action: 'DELETE', record }) as const)),
  ];
  const edited = isEdited(cluster, base, part, marks) && changes.length > 0;
  const words = `${changes.length} changes were made to records that somebody edited or deleted`;
  return {
    cluster: cluster.name,
    base,
    kind: 'planned',
    changes,
    ours: part.ours,
    after: part.target,
    isHeld,
    isResting: false,
    isMissing: part.isMissing,
    withdrawn: withdrawnOf(part),
    findings: [...part.findings, ...(edited ? [finding('edited', base, words)] : [])],
  };
}

/** What stands is neither what was left there nor what was about to be written when the last pass ended. */
function isEdited(cluster: ClusterWorld, base: string, part: Part, marks: readonly RecordSet[]): boolean {
  const owned = cluster.state.names.get(base);
  if (owned === undefined) return false;
  const now = digestOf(part.ours);
  const isKnown = now === owned.digest || now === owned.next;
  return !isKnown || (marks.length === 0 && owned.next === null && part.ours.length > 0);
}

/** Additions first; what stands there as wanted is not touched. */
function diff({ ours, target }: Part): readonly RecordChange[] {
  const now = new Map(ours.map((record) => [keyOf(record), record]));
  const then = new Set(target.map(keyOf));
  const put = target.flatMap((record) => {
    const old = now.get(keyOf(record));
    if (old !== undefined && isSame(old, record)) return [];
    return [{ action: old === undefined ? 'CREATE' : 'UPSERT', record } as const];
  });
  const gone = ours.filter((record) => !then.has(keyOf(record)));
  return [...put, ...gone.map((record) => ({ action: 'DELETE', record }) as const)];
}

/** Also whom no list has: its group may only have been forgotten by one, while it waits in its hook. */
function withdrawnOf({ ours, target }: Part): readonly Withdrawn[] {
  const stay = new Set(target.map(({ setIdentifier }) => setIdentifier));
  return ours.flatMap(({ setIdentifier, ttlSeconds }) =>
    setIdentifier === null || stay.has(setIdentifier)
      ? []
      : [{ id: setIdentifier, ttlSeconds: ttlSeconds ?? 0 }],
  );
}

const untouched = (
  kind: 'unread' | 'untouched',
  { name }: ClusterWorld,
  base: string,
  ...findings: readonly Finding[]
): BasePlan => ({
  cluster: name,
  base,
  kind,
  changes: [],
  ours: [],
  after: [],
  isHeld: false,
  isResting: false,
  isMissing: false,
  withdrawn: [],
  findings,
});
