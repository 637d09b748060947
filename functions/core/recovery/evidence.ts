import { MISSING_FOR_MS } from '../evidence.ts';
import type { InstanceId, MemberId } from '../identity.ts';
import type { Observation, SeenStatus } from '../observation.ts';
import { pinnedClusterId } from '../pinned.ts';
import type { MemberEntry } from '../ports.ts';
import { quorumOf } from '../quorum.ts';

/** What the loss of a quorum is judged from. */
export type LossWorld = Pick<Observation, 'takenAtMs' | 'instances' | 'machines' | 'records' | 'etcd'>;

/**
 * `shown`: its etcd shows its status and its own list of members (or is a learner's), and nobody stands behind it. `unknown`:
 * anything else that is no proof of a loss, above all silence.
 */
export type Fate = 'shown' | 'unknown' | LossReason;

/** `diskLost`: its boot script has said so for a while, and its etcd shows nothing. `forced`: an operator said so. */
export type LossReason = 'terminated' | 'notFound' | 'diskLost' | 'forced';

/** An instance that was a voter when somebody looked last, or may have become one since. */
export interface KnownVoter {
  readonly instanceId: InstanceId;
  /** `null`: no record tells it. */
  readonly memberId: MemberId | null;
  readonly fate: Fate;
}

export interface LossVerdict {
  /** Sorted by their instances. */
  readonly known: readonly KnownVoter[];
  readonly lost: readonly InstanceId[];
  readonly shown: readonly InstanceId[];
  readonly unknown: readonly InstanceId[];
  /** No majority can come back, whatever the unknown ones do. */
  readonly permanent: boolean;
}

/**
 * Whether the quorum is lost for ever, by evidence (rules R5, R12). Unknown is never lost: whoever may still
 * be there counts as if it came back in a moment, and as a voter. Where nobody is unknown, those that are left
 * tell themselves whom they need: none of them can be elected without a majority of its own list.
 */
export function judgeLoss(world: LossWorld, forced: readonly InstanceId[] = []): LossVerdict {
  const known = knownVoters(world).map(([instanceId, memberId]) => ({
    instanceId,
    memberId,
    fate: fateOf(world, instanceId, forced),
  }));
  const having = (fits: (fate: Fate) => boolean) =>
    known.filter(({ fate }) => fits(fate)).map(({ instanceId }) => instanceId);
  const lost = having(isLoss);
  const unknown = having((fate) => fate === 'unknown');
  const shown = having((fate) => fate === 'shown');
  const isAlive = [...world.etcd.statuses.values()].some(({ linearizable }) => linearizable);
  const permanent = known.length > 0 && !isAlive && cannotReturn(world, { known, lost, unknown });
  return { known, lost, shown, unknown, permanent };
}

const isLoss = (fate: Fate): fate is LossReason => fate !== 'shown' && fate !== 'unknown';

function cannotReturn(world: LossWorld, verdict: Pick<LossVerdict, 'known' | 'lost' | 'unknown'>): boolean {
  const { known, lost, unknown } = verdict;
  const rosters = [...world.etcd.rosters.values()].map(votersIn);
  if (unknown.length === 0) return rosters.every((roster) => !hasQuorum(roster, lost));
  // Somebody is silent, and may know of a change that nobody has told yet.
  const left = known.map(({ instanceId }) => instanceId).filter((id) => !lost.includes(id));
  return [publishedVoters(world), ...rosters].every(
    (roster) => !hasQuorum([...new Set([...roster, ...left])], lost),
  );
}

/** Each voter more that is left is one vote more, and half a vote more that is needed. */
function hasQuorum(voters: readonly string[], lost: readonly string[]): boolean {
  const leftCount = voters.filter((name) => !lost.includes(name)).length;
  return voters.length > 0 && leftCount >= quorumOf(voters.length);
}

/** By name, which is an instance; one without a name is nobody that could be lost. */
const votersIn = (roster: readonly MemberEntry[]): readonly string[] =>
  roster.filter(({ isLearner }) => !isLearner).map(({ name, id }) => name || `member ${id}`);

/**
 * As they were published last; where nobody knows, those that were given a ticket and used it, and all that are past
 * their launch hook: whoever deleted the one record may have deleted others.
 */
function publishedVoters(world: LossWorld): readonly InstanceId[] {
  const { status } = world.records;
  if (status !== null && status.clusterId === pinnedClusterId(world.records))
    return status.voters.map(({ name }) => name);
  const used = usedTickets(world).map(([instanceId]) => instanceId);
  const past = world.instances.filter(({ stage }) => stage !== 'arriving' && stage !== 'warm');
  return used.length === 0 ? [] : [...used, ...past.map(({ id }) => id)];
}

/** Whoever is published as a voter, lists itself or another as one, or has run with a ticket of this cluster. */
function knownVoters(world: LossWorld): readonly (readonly [InstanceId, MemberId | null])[] {
  const ids = new Map<InstanceId, MemberId | null>();
  for (const instanceId of publishedVoters(world)) ids.set(instanceId, null);
  for (const [instanceId, memberId] of usedTickets(world)) ids.set(instanceId, memberId);
  for (const roster of world.etcd.rosters.values())
    for (const { name, id, isLearner } of roster) if (name !== '' && !isLearner) ids.set(name, id);
  for (const [instanceId, { memberId, clusterId }] of world.etcd.statuses)
    if (clusterId === pinnedClusterId(world.records)) ids.set(instanceId, memberId);
  return [...ids].sort(([one], [other]) => (one < other ? -1 : 1));
}

function usedTickets({ records }: LossWorld): readonly (readonly [InstanceId, MemberId | null])[] {
  const { claim } = records;
  return [...records.tickets.values()].flatMap(({ instanceId, memberId, state, claim: of }) =>
    state === 'started' && (claim === null || of === claim.number) ? [[instanceId, memberId] as const] : [],
  );
}

function fateOf(world: LossWorld, id: InstanceId, forced: readonly InstanceId[]): Fate {
  const status = world.etcd.statuses.get(id);
  if (status !== undefined) return isShown(world, id, status) ? 'shown' : 'unknown';
  const machine = world.machines.get(id);
  if (machine?.kind === 'known' && machine.state === 'terminated') return 'terminated';
  if (isNotFound(world, id) && hasStood(world, world.records.recovery.notes.notFoundSinceMs[id]))
    return 'notFound';
  if (isReported(world, id) && hasStood(world, world.records.recovery.notes.reportedSinceMs[id]))
    return 'diskLost';
  return forced.includes(id) ? 'forced' : 'unknown';
}

/** One that has not applied all that it knows to be committed, as after a restart, may list members that were removed. */
function isShown(
  world: LossWorld,
  id: InstanceId,
  { clusterId, appliedIndex, raftIndex }: SeenStatus,
): boolean {
  const { etcd } = world;
  const isCurrent = appliedIndex === null || BigInt(appliedIndex) >= BigInt(raftIndex);
  const isTold = etcd.rosters.has(id) || isLearner(world, id);
  return clusterId === pinnedClusterId(world.records) && isTold && isCurrent;
}

/**
 * By its own word, and nobody has it otherwise. etcd lets nobody ask a learner for members, and it needs not be asked: it
 * is never elected, and whom the others need they tell themselves.
 */
function isLearner(world: LossWorld, id: InstanceId): boolean {
  const { statuses, rosters } = world.etcd;
  const told = [publishedVoters(world), ...[...rosters.values()].map(votersIn)];
  return statuses.get(id)?.isLearner === true && told.every((voters) => !voters.includes(id));
}

/** EC2 names the very id as unknown, and the group was returned and does not list it. Not yet proof: it says so of young ones. */
export const isNotFound = ({ machines, instances }: LossWorld, id: InstanceId): boolean =>
  machines.get(id)?.kind === 'notFound' && instances.every((instance) => instance.id !== id);

/** Its boot script reports that the data of its own member is gone, and its etcd shows nothing. */
export function isReported({ records, etcd }: LossWorld, id: InstanceId): boolean {
  const report = records.reports.find(({ instanceId }) => instanceId === id);
  const isLost = report?.kind === 'empty-disk' || report?.kind === 'foreign-data';
  return isLost && !etcd.statuses.has(id) && records.tickets.get(id)?.memberId === report.memberId;
}

/** In two looks at least a minute apart. A clock that went back tells nothing. */
const hasStood = ({ takenAtMs }: LossWorld, sinceMs: number | undefined): boolean =>
  sinceMs !== undefined && takenAtMs - sinceMs >= MISSING_FOR_MS;

/** Whether nothing of this instance can run any more: what is fenced must be so before anybody is founded (rule R1). */
export function isOver(world: LossWorld, id: InstanceId): boolean {
  const machine = world.machines.get(id);
  if (machine?.kind === 'known') return machine.state === 'terminated';
  return isNotFound(world, id) && hasStood(world, world.records.recovery.notes.notFoundSinceMs[id]);
}
