import { departureReason, instanceOf } from '../evidence.ts';
import { mustLeave } from '../lifecycle.ts';
import type { Instance, Member, MemberView, Observation } from '../observation.ts';
import { votersOf } from '../observation.ts';
import { judgeRemoval, quorumOf } from '../quorum.ts';
import { holdLeaver, holdsOn, isLeaving, type Placed } from './holds.ts';
import { isCloseBehind } from './in-sync.ts';
import { newcomersOf } from './newcomers.ts';
import { act, merge, nothing, type Plan, wait } from './plan.ts';
import { isWithinGrace, removeSafely } from './removals.ts';

/** After so many failed transfers the leader is removed all the same: the others elect one (rule R10). */
export const TRANSFERS_MAX = 3;

/** Removes voters whose instances are leaving in order: one at a time, the dying first, the leader last. */
export function planLeaves(world: Observation, view: MemberView): Plan {
  const [first, ...rest] = leaversOf(world, view);
  const queued = rest.map(({ instance }) => instance.id);
  const queue = queued.length === 0 ? nothing : wait({ kind: 'leaveQueued', instanceIds: queued });
  const leave = first === undefined ? nothing : planLeave(world, view, first);
  return merge(leave, queue, reportRetained(world));
}

/** Nothing ends its machine but a person, member or not. */
function reportRetained(world: Observation): Plan {
  const retained = world.instances.filter((instance) => instance.stage === 'retained');
  return wait(...retained.map(({ id }) => ({ kind: 'instanceRetained', instanceId: id }) as const));
}

function leaversOf(world: Observation, view: MemberView): readonly Placed[] {
  const leavers = votersOf(view.members).flatMap((member) => {
    const instance = member.instanceId === null ? null : instanceOf(world, member.instanceId);
    return member.answers && instance !== null && mustLeave(instance.stage) ? [{ member, instance }] : [];
  });
  const isLeader = (leaver: Placed) => leaver.member.id === view.leaderId;
  const rank = (leaver: Placed) => urgencyOf(leaver) + Number(isLeader(leaver));
  return leavers.sort((a, b) => rank(a) - rank(b));
}

/**
 * First those whose machine nothing holds any more: they answer now, and are gone in a moment. Then those that
 * end whatever we do, for they are not held for the sake of others. Last the retained.
 */
function urgencyOf({ instance }: Placed): number {
  if (instance.stage === 'retained') return 6;
  if (instance.waitsIn === null && instance.hookSinceMs === null) return 0;
  return instance.ending !== null || instance.isUnhealthy ? 2 : 4;
}

function planLeave(world: Observation, view: MemberView, leaver: Placed): Plan {
  const { member, instance } = leaver;
  if (votersOf(view.members).length === 1 && !hasJoinAhead(world, view)) {
    return wait({ kind: 'lastVoter', instanceId: instance.id });
  }
  if (mayReplacementComeFirst(world, view, instance)) {
    const isSoon = instance.stage !== 'retained' && !hasWaited(world, instance, joinSeconds(world));
    return wait({ kind: 'awaitingReplacement', instanceId: instance.id, isSoon });
  }
  const verdict = judgeRemoval(view.members, member.id);
  if (!verdict.safe) return wait({ kind: 'quorumAtRisk', memberId: member.id, verdict });
  const shortfalls = holdsOn(world, view, leaver);
  if (shortfalls.length > 0) return holdLeaver(world, leaver, shortfalls);
  const because = departureReason(world, member) ?? 'terminating';
  return planTransfer(world, view, member) ?? removeSafely(view, member, because);
}

/**
 * While fewer voters stay than the group wants, a leaver that answers lets its
 * replacement join first, for a bounded time since its hook began, and for at most
 * one join that failed. A hook whose start nobody knows waits for a join in flight only.
 * Where too few voters would stay for the group's size, it waits without such a bound; and
 * so does one whose machine stays anyway. Strangers count as nobody: nobody asks them.
 */
function mayReplacementComeFirst(world: Observation, view: MemberView, instance: Instance): boolean {
  if (votersOf(view.members).length <= votersAtLeast(world)) return true;
  if (isJoinInFlight(world, view)) return !hasWaited(world, instance, joinSeconds(world));
  const ours = votersOf(view.members).filter((voter) => voter.instanceId !== null);
  const staying = ours.filter((voter) => !isLeaving(world, voter));
  const { hookSinceMs } = instance;
  if (staying.length >= world.group.desiredCapacity) return false;
  if (instance.stage === 'retained') return true;
  if (hookSinceMs === null) return false;
  if ((view.memory.lastFailedJoinAtMs ?? 0) > hookSinceMs) return false;
  return !hasWaited(world, instance, world.config.graceSeconds.replacement);
}

/** No leaver that answers goes below a majority of what the group wants, however long its replacement takes (S11). */
const votersAtLeast = (world: Observation): number => quorumOf(Math.max(1, world.group.desiredCapacity));

/** A join that neither ends nor fails in this time is not waited for any longer (S19). */
const joinSeconds = ({ config }: Observation): number =>
  config.graceSeconds.replacement + config.graceSeconds.unstarted;

function hasWaited(world: Observation, instance: Instance, seconds: number): boolean {
  return instance.hookSinceMs !== null && world.takenAtMs - instance.hookSinceMs >= seconds * 1_000;
}

/** Ours, and worth waiting for: it catches up, or may still be booting. */
function isJoinInFlight(world: Observation, view: MemberView): boolean {
  return view.members.some(
    (member) =>
      member.instanceId !== null &&
      !isLeaving(world, member) &&
      (member.started ? member.role === 'learner' && member.answers : isWithinGrace(world, view, member)),
  );
}

/** A leaver has waited its time and may go safely: then it goes before another newcomer is added. */
export function isLeaveDue(world: Observation, view: MemberView): boolean {
  const first = leaversOf(world, view)[0];
  if (first === undefined || mayReplacementComeFirst(world, view, first.instance)) return false;
  return judgeRemoval(view.members, first.member.id).safe && holdsOn(world, view, first).length === 0;
}

const hasJoinAhead = (world: Observation, view: MemberView): boolean =>
  newcomersOf(world, view).length > 0 || isJoinInFlight(world, view);

/**
 * Leadership goes to a voter that stays, never to another leaver (rule R10): to the furthest of those that
 * were here before, if it is close behind, else to the furthest of all. A newcomer has only just met the
 * others, and an etcd refuses to remove a member while it knows too few of them for five seconds.
 */
export function planTransfer(world: Observation, view: MemberView, leader: Member): Plan | null {
  if (leader.id !== view.leaderId || leader.clientUrl === null) return null;
  if (world.pass.failedTransferCount >= TRANSFERS_MAX) return null;
  const heirs = votersOf(view.members).filter(
    (voter) => voter.id !== leader.id && voter.answers && !isLeaving(world, voter),
  );
  const furthest = heirs.sort((a, b) => compareIndex(b.raftIndex, a.raftIndex));
  const settled = furthest.find((voter) => isSettled(world, voter) && isCloseBehind(view, voter));
  const heir = settled ?? furthest[0];
  if (heir === undefined) return null;
  return act({ kind: 'moveLeader', from: leader.id, to: heir.id, leaderUrl: leader.clientUrl });
}

/** It waits in no launch hook: its join was over before. */
function isSettled(world: Observation, { instanceId }: Member): boolean {
  return instanceId === null || instanceOf(world, instanceId)?.waitsIn !== 'launch';
}

function compareIndex(a: bigint | null, b: bigint | null): number {
  const left = a ?? 0n;
  const right = b ?? 0n;
  return left < right ? -1 : Number(left > right);
}
