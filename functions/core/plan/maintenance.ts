import { instanceOf } from '../evidence.ts';
import { type Member, type MemberView, type Observation, votersOf } from '../observation.ts';
import { NO_SPACE_RECORD } from '../space.ts';
import { revisionOf } from './compaction.ts';
import { planTransfer } from './leaves.ts';
import type { SpaceReason } from './maintenance-action.ts';
import { act, merge, needsPermit, nothing, type Plan, wait } from './plan.ts';
import { recentRepairs } from './repairs.ts';
import { judgeWorld } from './steadiness.ts';

/** Part of the quota above which etcd soon takes no writes. */
export const QUOTA_NEAR = 0.8;
/** Part of the quota that a defragmentation must give back there. */
const WORTHWHILE = 0.1;
/** So old is what is forgotten there: minutes more than whoever reads the past needs. */
const FORGET_MS = 600_000;
/** Once in this time it is tried to forget more. */
const COMPACT_EVERY_MS = 600_000;
/** One that was begun may be begun again within this time: its reply may have been lost. Later it waits a day. */
const AGAIN_MS = 600_000;

/** A voter of ours whose database is worth a defragmentation. */
interface Due {
  readonly member: Member;
  readonly fileBytes: number;
  readonly because: SpaceReason;
}

/**
 * Keeps databases small by themselves: one member at a time, followers first, at most once a day each, and only
 * while the cluster tolerates one more failure, for that is what the member is meanwhile (S61). Whatever else is
 * planned comes first.
 */
export function planMaintenance(world: Observation, view: MemberView, changes: Plan): Plan {
  const closed = closeRepair(world);
  if (!world.config.maintenance.defragment || !view.memory.ours) return closed;
  const due = votersOf(view.members).flatMap((member) => dueOf(world, view, member));
  const compaction = planForgetting(world, view);
  const isBusy = changes.actions.some(needsPermit);
  return merge(closed, compaction, due.length === 0 || isBusy ? nothing : planDue(world, view, due));
}

/** The alarm is gone, and with it what was noted of the repair: a crash after taking it back left it open. */
function closeRepair(world: Observation): Plan {
  if (world.records.space.repair === null) return nothing;
  return act({ kind: 'noteSpace', record: { ...NO_SPACE_RECORD, repairsAtMs: recentRepairs(world) } });
}

function dueOf(world: Observation, view: MemberView, member: Member): readonly Due[] {
  const sizes = sizesOf(world, member);
  const sinceMs = view.memory.defragmentedAtMs[member.id];
  const isDone = sinceMs !== undefined && !isRecent(world, sinceMs, AGAIN_MS);
  if (sizes === null || isDone) return [];
  const { quotaBytes, fragmentedPercent, fragmentedMinBytes } = world.config.maintenance;
  const { fileBytes, freeBytes } = sizes;
  if (fileBytes > quotaBytes * QUOTA_NEAR && freeBytes > quotaBytes * WORTHWHILE)
    return [{ member, fileBytes, because: 'quotaNear' }];
  const isFragmented = fileBytes >= fragmentedMinBytes && freeBytes * 100 > fileBytes * fragmentedPercent;
  // The only voter serves nobody meanwhile: that is not worth a smaller file.
  const isAlone = votersOf(view.members).length === 1;
  return isFragmented && !isAlone ? [{ member, fileBytes, because: 'fragmented' }] : [];
}

function sizesOf(world: Observation, { instanceId, answers }: Member) {
  const status = instanceId === null ? undefined : world.etcd.statuses.get(instanceId);
  if (!answers || status === undefined || status.dbSizeInUseBytes === null) return null;
  const { dbSizeBytes, dbSizeInUseBytes } = status;
  return { fileBytes: dbSizeBytes, freeBytes: dbSizeBytes - dbSizeInUseBytes, inUseBytes: dbSizeInUseBytes };
}

/** Followers first, the largest of them first; the leader last, after it gave leadership away (rule R10). */
function planDue(world: Observation, view: MemberView, due: readonly Due[]): Plan {
  const rank = ({ member }: Due) => Number(member.id === view.leaderId);
  const [next] = due.toSorted((one, other) => rank(one) - rank(other) || other.fileBytes - one.fileBytes);
  if (next === undefined) return nothing;
  const { id: memberId, instanceId, clientUrl } = next.member;
  if (instanceId === null || clientUrl === null || instanceOf(world, instanceId) === null) return nothing;
  const shortfalls = judgeWorld(world);
  if (shortfalls.length > 0) {
    const codes = [...new Set(shortfalls.map(({ code }) => code))];
    return wait({ kind: 'defragmentationDue', memberId, instanceId, shortfalls: codes });
  }
  const counted = countFirst(world, view, memberId);
  if (counted !== null) return counted;
  const { because } = next;
  return (
    planTransfer(world, view, next.member) ??
    act({ kind: 'defragment', memberId, instanceId, endpoint: clientUrl, because, record: null })
  );
}

/** Remembered before it is done: a crash in between defragments too rarely rather than again and again. */
function countFirst(world: Observation, { memory }: MemberView, memberId: string): Plan | null {
  if (memory.defragmentedAtMs[memberId] !== undefined) return null;
  const defragmentedAtMs = { ...memory.defragmentedAtMs, [memberId]: world.takenAtMs };
  return act({ kind: 'remember', memory: { ...memory, defragmentedAtMs } });
}

/** What is held fills most of the quota: what is older than minutes is forgotten before etcd takes no writes. */
function planForgetting(world: Observation, view: MemberView): Plan {
  const { memory } = view;
  const { quotaBytes } = world.config.maintenance;
  const isFull = votersOf(view.members).some(
    (voter) => (sizesOf(world, voter)?.inUseBytes ?? 0) > quotaBytes * QUOTA_NEAR,
  );
  if (!isFull) return nothing;
  const revision = revisionOf(world, view.clusterId, FORGET_MS);
  if (revision === null || BigInt(revision) <= 1n) return nothing;
  if (memory.compactedAtMs !== null && isRecent(world, memory.compactedAtMs, COMPACT_EVERY_MS))
    return nothing;
  const remembered = { ...memory, compactedAtMs: world.takenAtMs };
  return act({ kind: 'compact', revision, because: 'quotaNear', record: null, memory: remembered });
}

/** A clock that went back makes nothing young. */
const isRecent = (world: Observation, atMs: number, withinMs: number): boolean =>
  Math.abs(world.takenAtMs - atMs) < withinMs;
