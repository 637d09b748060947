import { departureReason, instanceOf } from '../evidence.ts';
import { mustLeave } from '../lifecycle.ts';
import { type Member, type MemberView, type Observation, votersOf } from '../observation.ts';
import { answeringCount, canCommit, judgeRemoval } from '../quorum.ts';
import { notUpKey, silenceKey } from '../silence.ts';
import { act, merge, nothing, type Plan, type Wait, wait } from './plan.ts';
import type { DepartureReason } from './reasons.ts';
import { isOutOfStep } from './versions.ts';

/**
 * Removes the members that are dead by evidence (rule R5), silent voters and
 * unstarted ghosts first of all: each of them counts against quorum until it is
 * gone, and before 3.5.30 and 3.6.11 nothing can be added while one is there.
 */
export function planRemovals(world: Observation, view: MemberView): Plan {
  return merge(...view.members.map((member) => planRemoval(world, view, member)));
}

function planRemoval(world: Observation, view: MemberView, member: Member): Plan {
  if (member.instanceId === null) return planForeign(world, view, member);
  const because = departureReason(world, member);
  if (because === null) return planFailedJoin(world, view, member) ?? reportMissing(world, member);
  if (member.role === 'voter' && member.answers) return nothing; // an orderly leave, planned elsewhere
  if (mayAnswerYet(world, view, member)) {
    return wait({ kind: 'leaverSilent', memberId: member.id, instanceId: member.instanceId });
  }
  const failure = because === 'diskLost' ? countFailure(world, view, member) : null;
  return failure ?? removeSafely(view, member, because);
}

/** One missed answer is no death: a leaver that is only slow would be removed without giving leadership away. */
const LEAVER_SILENT_MS = 3_000;

/** Of a machine that must leave and runs. A retained one stays until a person ends it: nothing is in a hurry there. */
function mayAnswerYet(world: Observation, view: MemberView, member: Member): boolean {
  const instance = member.instanceId === null ? null : instanceOf(world, member.instanceId);
  if (instance === null || !mustLeave(instance.stage) || instance.address === null) return false;
  if (member.role === 'learner' || !member.started || !view.memory.ours) return false;
  const sinceMs = view.memory.silentSinceMs[silenceKey(member, 'leaving')] ?? world.takenAtMs;
  const graceMs = instance.stage === 'retained' ? world.config.graceSeconds.silent * 1_000 : LEAVER_SILENT_MS;
  return world.takenAtMs - sinceMs < graceMs;
}

export function removeSafely(view: MemberView, member: Member, because: DepartureReason): Plan {
  const unsafe = unsafeRemoval(view, member);
  if (unsafe !== null) return wait(unsafe);
  const { id: memberId, instanceId, peerUrl } = member;
  return act({ kind: 'removeMember', memberId, instanceId, peerUrl, because });
}

function unsafeRemoval(view: MemberView, member: Member): Wait | null {
  if (member.role === 'learner') {
    return canCommit(view.members) ? null : noCommit(view);
  }
  const verdict = judgeRemoval(view.members, member.id);
  return verdict.safe ? null : { kind: 'quorumAtRisk', memberId: member.id, verdict };
}

export function noCommit(view: MemberView): Wait {
  const voters = votersOf(view.members);
  return { kind: 'noCommit', voterCount: voters.length, answeringCount: answeringCount(voters) };
}

/** Members that nobody here created are reported and stay (rule R11), unless the configuration says otherwise. */
function planForeign(world: Observation, view: MemberView, member: Member): Plan {
  const told = wait({ kind: 'foreignMember', memberId: member.id, name: member.name });
  if (!world.config.removeForeign || member.answers) return told;
  return merge(told, removeSafely(view, member, 'instanceGone'));
}

/**
 * A learner whose etcd did not start, or fell silent, or lags behind for its grace is removed
 * (S13, S19, S25): while it is there nobody else can join. The
 * failure is remembered first: a leave waits for at most one failed join.
 */
function planFailedJoin(world: Observation, view: MemberView, member: Member): Plan | null {
  const isStarting = isWithinGrace(world, view, member);
  if (member.role === 'voter' || (isStarting && !isTooLate(world, view, member))) return null;
  const counted = countFailure(world, view, member);
  if (counted !== null) return counted;
  if (isStarting) return removeSafely(view, member, 'neverCaughtUp');
  // Its ticket is used: removed, it would join anew on a machine that failed. Its hook is given up, and it goes with that.
  const isWaiting = world.instances.some(
    ({ id, waitsIn }) => id === member.instanceId && waitsIn === 'launch',
  );
  if (isWaiting && member.started) return nothing;
  return removeSafely(view, member, isOutOfStep(view, member) ? 'versionStep' : 'neverStarted');
}

/** Counts a join that failed, once; `null`: it is counted, or this is no join. */
function countFailure(world: Observation, { memory }: MemberView, member: Member): Plan | null {
  if (member.role === 'voter' || !memory.ours) return null;
  const { laggingSinceMs, unstartedSinceMs } = memory;
  const sinceMs = laggingSinceMs[member.id] ?? unstartedSinceMs[notUpKey(member)] ?? world.takenAtMs;
  // At the very moment counts, too: a look may follow within the same millisecond.
  if ((memory.lastFailedJoinAtMs ?? 0) >= sinceMs) return null;
  const failed = { lastFailedJoinAtMs: world.takenAtMs, failedJoinCount: memory.failedJoinCount + 1 };
  return act({ kind: 'remember', memory: { ...memory, ...failed } });
}

/** A learner that answers and has not caught up in its time: the leader writes faster than it can follow. */
function isTooLate(world: Observation, view: MemberView, member: Member): boolean {
  const sinceMs = view.memory.laggingSinceMs[member.id] ?? world.takenAtMs;
  return world.takenAtMs - sinceMs >= world.config.graceSeconds.catchingUp * 1_000;
}

/** Whether an entry of ours is up, or may still be booting. */
export function isWithinGrace(world: Observation, view: MemberView, member: Member): boolean {
  const sinceMs = view.memory.unstartedSinceMs[notUpKey(member)];
  if (sinceMs === undefined) return true;
  return world.takenAtMs - sinceMs < world.config.graceSeconds.unstarted * 1_000;
}

/**
 * A voter that answers is kept, wherever its group has it; a learner is not promoted on a machine that
 * nobody lists. What a listed instance's silence leads to is planned elsewhere (`unhealthy.ts`).
 */
function reportMissing(world: Observation, member: Member): Plan {
  const isKept = member.role === 'voter' && member.answers;
  if (isKept || member.instanceId === null) return nothing;
  const isListed = world.instances.some((instance) => instance.id === member.instanceId);
  const { id: memberId, instanceId } = member;
  return isListed ? nothing : wait({ kind: 'evidenceMissing', memberId, instanceId });
}
