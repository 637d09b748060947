import type { AlarmedView } from '../alarmed.ts';
import { QUOTA_BYTES_MIN } from '../care-settings.ts';
import { presenceOf } from '../evidence.ts';
import { learnersOf, type Member, type Observation, type SeenStatus, votersOf } from '../observation.ts';
import { quorumOf } from '../quorum.ts';
import type { SpaceRepair } from '../space.ts';
import { planCompaction, planFreeing } from './compaction.ts';
import { act, type Plan, wait } from './plan.ts';
import { type Measured, recentRepairs, tell } from './repairs.ts';
import { moveFrom } from './transfer.ts';

/** A database that fills up again and again has a cause that no repair mends. */
export const REPAIRS_MAX = 3;
/** A repair that takes longer is another one, and counted as one. */
const REPAIR_MS_MAX = 1_800_000;
/** Part of its file's limit that a voter may use up before it counts as crowded. */
const CROWDED = 0.8;
/** Beyond this part of the limit there is no room worth the name. */
const NO_ROOM = 0.95;
/** Part of the limit that a defragmentation must promise to free. */
const WORTHWHILE = 0.02;
/** A defragmentation that was begun so often, and frees nothing, never will. */
const ATTEMPTS_MAX = 3;

/**
 * Makes a full etcd take writes again (S59): as little of the past is forgotten as will do, databases are
 * defragmented one by one, followers first, and the alarm is taken back. Each step follows from what is seen, so a
 * crash after any of them changes nothing; what is counted is written down before it is done.
 */
export function planSpace(world: Observation, alarmed: AlarmedView): Plan {
  const voters = measure(world, alarmed);
  const repair = repairUnderWay(world);
  if (repair === null && recentRepairs(world).length >= REPAIRS_MAX)
    return giveUp('tooOften', voters, limitOf(world, voters));
  // Not counted before something can be done: waiting must not use up what a day allows.
  if (isAwaited(world, alarmed) && !hasSpare(alarmed, voters)) return tell(world, 'members');
  if (repair === null) return beginRepair(world, voters);
  const { limitBytes } = repair;
  const crowded = [...measureLearners(world, alarmed), ...voters].filter(
    ({ fileBytes }) => fileBytes > limitBytes * CROWDED,
  );
  if (crowded.length === 0) return disarm(world, alarmed);
  const freeing = planFreeing(world, repair, voters);
  if (freeing !== null) return freeing;
  const hollow = crowded.filter(({ inUseBytes }) => inUseBytes <= limitBytes * CROWDED);
  if (hollow.length > 0) return planRewrite(world, alarmed, repair, hollow);
  return planCompaction(world, alarmed, repair, voters) ?? planLastResort(world, alarmed, repair, voters);
}

/** Nothing more can be forgotten: what is kept fills most of the file. Some room is better than none. */
function planLastResort(
  world: Observation,
  alarmed: AlarmedView,
  repair: SpaceRepair,
  voters: readonly Measured[],
): Plan {
  const { limitBytes } = repair;
  const hollow = voters.filter(
    ({ fileBytes, inUseBytes }) => fileBytes - inUseBytes > limitBytes * WORTHWHILE,
  );
  if (hollow.length > 0) return planRewrite(world, alarmed, repair, hollow);
  if (voters.every(({ fileBytes }) => fileBytes <= limitBytes * NO_ROOM)) return disarm(world, alarmed);
  return giveUp('noRoom', voters, limitBytes);
}

/** Counted before anything is done: a crash in between repairs too little rather than for ever. */
function beginRepair(world: Observation, voters: readonly Measured[]): Plan {
  const repairsAtMs = recentRepairs(world);
  const limitBytes = limitOf(world, voters);
  const startedAtMs = world.takenAtMs;
  const repair: SpaceRepair = { startedAtMs, limitBytes, compacted: null, attempts: {} };
  return act({ kind: 'noteSpace', record: { repairsAtMs: [...repairsAtMs, startedAtMs], repair } });
}

/**
 * The quota as it is configured. Where etcd is full again all the same, it was started with less, and its files tell
 * with how much.
 */
function limitOf(world: Observation, voters: readonly Measured[]): number {
  const { quotaBytes } = world.config.maintenance;
  if (recentRepairs(world).length === 0 || voters.length === 0) return quotaBytes;
  const largest = Math.max(...voters.map(({ fileBytes }) => fileBytes));
  return Math.min(quotaBytes, Math.max(largest, QUOTA_BYTES_MIN));
}

/** `null`: none, or one of long ago. A clock that went back makes none young. */
function repairUnderWay({ records, takenAtMs }: Observation): SpaceRepair | null {
  const { repair } = records.space;
  const isYoung = repair !== null && Math.abs(takenAtMs - repair.startedAtMs) < REPAIR_MS_MAX;
  return isYoung ? repair : null;
}

/** Only voters that prove themselves: what an old status says of a database is not what it is. */
export function measure(world: Observation, { members, proven }: AlarmedView): readonly Measured[] {
  return votersOf(members).flatMap((member) => {
    const status = member.instanceId === null ? undefined : world.etcd.statuses.get(member.instanceId);
    return proven.has(member.id) && status !== undefined ? [measured(member, status)] : [];
  });
}

/** Each raises the alarm for its own file, also who does not vote. */
const measureLearners = (world: Observation, { members, clusterId }: AlarmedView): readonly Measured[] =>
  learnersOf(members).flatMap((member) => {
    const status = member.instanceId === null ? undefined : world.etcd.statuses.get(member.instanceId);
    return status?.clusterId === clusterId && status.leaderId !== null ? [measured(member, status)] : [];
  });

const measured = (member: Member, { dbSizeBytes, dbSizeInUseBytes }: SeenStatus): Measured => ({
  member,
  fileBytes: dbSizeBytes,
  inUseBytes: Math.min(dbSizeInUseBytes ?? dbSizeBytes, dbSizeBytes),
});

/**
 * Somebody is missing who may come back. One whose machine is over never does, and nobody takes its place while the
 * alarm stands: waiting for it, etcd would take no writes for ever. Reads pause meanwhile, once a member.
 */
const isAwaited = (world: Observation, { members, proven }: AlarmedView): boolean =>
  votersOf(members).some(
    ({ id, instanceId }) =>
      !proven.has(id) && (instanceId === null || presenceOf(world, instanceId, null) !== 'gone'),
  );

/** One of these may stop answering for a while, and the others still are a quorum. */
const hasSpare = ({ members }: AlarmedView, voters: readonly Measured[]): boolean =>
  voters.length - 1 >= quorumOf(votersOf(members).length);

/** One at a time: learners first, the emptiest of the followers next, the leader last, and after it gave leadership away (R10). */
function planRewrite(
  world: Observation,
  alarmed: AlarmedView,
  repair: SpaceRepair,
  hollow: readonly Measured[],
): Plan {
  const due = hollow.filter(({ member }) => (repair.attempts[member.id] ?? 0) < ATTEMPTS_MAX);
  const rank = ({ member }: Measured) =>
    member.role === 'learner' ? -1 : Number(member.id === alarmed.leaderId);
  const [next] = due.toSorted((one, other) => rank(one) - rank(other) || one.inUseBytes - other.inUseBytes);
  if (next === undefined) return giveUp('stuck', hollow, repair.limitBytes);
  const { id: memberId, instanceId, clientUrl } = next.member;
  if (clientUrl === null) return tell(world, 'members');
  const transfer = moveFrom(world, alarmed, next.member);
  if (transfer !== null) return transfer;
  const attempts = { ...repair.attempts, [memberId]: (repair.attempts[memberId] ?? 0) + 1 };
  const record = { repairsAtMs: recentRepairs(world), repair: { ...repair, attempts } };
  return act({ kind: 'defragment', memberId, instanceId, endpoint: clientUrl, because: 'noSpace', record });
}

/**
 * One after the other, for while one stands nobody raises another. With the last of them ends the repair: whatever
 * comes after is another one, and counted.
 */
function disarm(world: Observation, { alarms }: AlarmedView): Plan {
  const [alarm, ...others] = alarms.filter((one) => one.alarm === 'NOSPACE');
  if (alarm === undefined) return wait();
  const record = others.length > 0 ? null : { repairsAtMs: recentRepairs(world), repair: null };
  return act({ kind: 'disarm', alarm, because: 'spaceMade', record });
}

function giveUp(
  because: 'tooOften' | 'noRoom' | 'stuck',
  voters: readonly Measured[],
  limitBytes: number,
): Plan {
  const inUse = voters.map(({ inUseBytes }) => inUseBytes);
  const inUseBytes = inUse.length === 0 ? null : Math.max(...inUse);
  return wait({ kind: 'quotaReached', because, inUseBytes, limitBytes });
}
