import { mustLeave } from '../lifecycle.ts';
import type { Instance, Member, MemberView, Observation } from '../observation.ts';
import { votersOf } from '../observation.ts';
import { canCommit, judgePromotion, mayPromoteSecond } from '../quorum.ts';
import { isPlain } from '../ticket.ts';
import { peerUrlOf } from '../urls.ts';
import { isLeaving } from './holds.ts';
import { hasJoinFailed } from './hooks.ts';
import { isInSync } from './in-sync.ts';
import { isLeaveDue } from './leaves.ts';
import { newcomersOf } from './newcomers.ts';
import { act, merge, nothing, type Plan, type Wait, wait } from './plan.ts';
import { joiningTicket } from './records.ts';
import { isWithinGrace, noCommit } from './removals.ts';
import { versionDoubts } from './versions.ts';

/** Voters that etcd's own advice allows; one more in passing, for a replacement that comes before its leaver. */
export const VOTERS_MAX = 7;

/** etcd makes member ids from the second: a peer URL rests this long between its removal and its return. */
export const ADDRESS_REST_MS = 1_100;

/** What keeps one newcomer from joining, and not the others. */
type Obstacle = Extract<
  Wait,
  { readonly kind: 'addressMissing' | 'addressTaken' | 'addressResting' | 'tooManyMembers' | 'nameUnsafe' }
>;

/** Promotes the learner in flight, else adds one newcomer: one membership change at a time (rules R3, R4). */
export function planJoins(world: Observation, view: MemberView): Plan {
  return merge(planChanges(world, view), reportFailedJoins(world, view));
}

function planChanges(world: Observation, view: MemberView): Plan {
  const inFlight = view.members.filter(
    (member) => member.role === 'learner' || (!member.started && isWithinGrace(world, view, member)),
  );
  if (inFlight.length === 0) return planAdd(world, view);
  const changes = inFlight.map((member) => planInFlight(world, view, member));
  return merge(...changes, queueOf(newcomersOf(world, view)));
}

/** In service and without a voter: nobody abandons it, so a person must know. */
function reportFailedJoins(world: Observation, view: MemberView): Plan {
  const failed = world.instances.filter(
    (instance) => instance.stage === 'inService' && hasJoinFailed(world, view, instance),
  );
  return wait(...failed.map(({ id }) => ({ kind: 'joinFailed', instanceId: id }) as const));
}

function planInFlight(world: Observation, view: MemberView, member: Member): Plan {
  if (member.instanceId === null) return wait({ kind: 'foreignChange', memberId: member.id });
  const instance = world.instances.find((candidate) => candidate.id === member.instanceId);
  if (instance === undefined || mustLeave(instance.stage)) return nothing; // planRemovals has it
  const about = { memberId: member.id, instanceId: instance.id };
  if (!member.started)
    return isWithinGrace(world, view, member) ? wait({ kind: 'memberStarting', ...about }) : nothing;
  if (!member.answers) return wait({ kind: 'learnerSilent', ...about });
  return planPromotion(world, view, member, about);
}

function planPromotion(
  world: Observation,
  view: MemberView,
  learner: Member,
  about: { readonly memberId: string; readonly instanceId: string },
): Plan {
  const doubts = versionDoubts(view, learner);
  if (doubts.length > 0)
    return wait({ kind: 'versionStep', ...about, version: learner.version ?? '', doubts });
  const verdict = judgePromotion(view.members);
  const looks = world.pass.inSyncLooks.get(learner.id) ?? 0;
  const isSecond = votersOf(view.members).length === 1;
  const catchingUp = wait({ kind: 'learnerCatchingUp', ...about });
  if (isSecond) return mayPromoteSecond(view.members, looks) ? promote(view, about) : catchingUp;
  if (!verdict.safe) return wait({ kind: 'quorumAtRisk', memberId: learner.id, verdict });
  return isInSync(view, learner) ? promote(view, about) : catchingUp;
}

/** A join that succeeds ends the row of those that failed: this is forgotten first, so that it is never kept by a crash. */
function promote(
  { memory }: MemberView,
  about: { readonly memberId: string; readonly instanceId: string },
): Plan {
  if (memory.ours && memory.failedJoinCount > 0) {
    return act({ kind: 'remember', memory: { ...memory, failedJoinCount: 0 } });
  }
  return act({ kind: 'promoteLearner', ...about });
}

/** The first newcomer that nothing stands against; the others say what they wait for. */
function planAdd(world: Observation, view: MemberView): Plan {
  const newcomers = newcomersOf(world, view);
  if (newcomers.length === 0 || isLeaveDue(world, view)) return nothing;
  if (!canCommit(view.members)) return wait(noCommit(view));
  const untilMs = pausedUntilMs(view);
  if (world.takenAtMs < untilMs) {
    const { failedJoinCount: failedCount } = view.memory;
    const instanceIds = newcomers.map(({ id }) => id);
    return wait({ kind: 'joinsPaused', instanceIds, failedCount, untilMs });
  }
  const obstacles = newcomers.flatMap((newcomer) => obstacleOf(world, view, newcomer) ?? []);
  const free = newcomers.filter(({ id }) => obstacles.every(({ instanceId }) => instanceId !== id));
  const [next] = free;
  const add = next === undefined ? nothing : announceAndAdd(world, view, next);
  return merge(add, wait(...obstacles), queueOf(free.slice(1)));
}

/** Joins that may fail in a row before the next one is put off. */
export const FREE_FAILURES = 3;
const FIRST_PAUSE_MS = 600_000;
const PAUSE_MAX_MS = 6 * 3_600_000;

/** A bad image fails every time: after a few tries they come further and further apart (S13). */
function pausedUntilMs({ memory }: MemberView): number {
  const extra = memory.failedJoinCount - FREE_FAILURES;
  if (extra < 0 || memory.lastFailedJoinAtMs === null) return 0;
  return memory.lastFailedJoinAtMs + Math.min(PAUSE_MAX_MS, FIRST_PAUSE_MS * 2 ** extra);
}

function obstacleOf(world: Observation, view: MemberView, newcomer: Instance): Obstacle | null {
  const instanceId = newcomer.id;
  if (newcomer.address === null) return { kind: 'addressMissing', instanceId };
  const unsafe = view.members.find(({ name, peerUrl }) => !isPlain(name) || !isPlain(peerUrl));
  if (unsafe !== undefined) return { kind: 'nameUnsafe', instanceId, memberId: unsafe.id };
  const peerUrl = peerUrlOf(world.config, newcomer);
  const holder = view.members.find((member) => member.peerUrl === peerUrl);
  if (holder !== undefined) return { kind: 'addressTaken', instanceId, memberId: holder.id };
  const removedAtMs = world.pass.removedAtMs.get(peerUrl) ?? Number.NEGATIVE_INFINITY;
  if (world.takenAtMs - removedAtMs < ADDRESS_REST_MS) return { kind: 'addressResting', instanceId };
  const staying = votersOf(view.members).filter(
    (voter) => !isLeaving(world, voter) && !isGivenUp(world, voter),
  );
  const limit = world.group.desiredCapacity > VOTERS_MAX ? VOTERS_MAX : VOTERS_MAX + 1;
  return staying.length >= limit ? { kind: 'tooManyMembers', instanceId } : null;
}

/**
 * Its group found it unhealthy. One that launches first ends it only when enough others are in service: as many
 * replacements may have to join before.
 */
const isGivenUp = (world: Observation, { instanceId }: Member): boolean =>
  world.instances.some(
    ({ id, stage, isUnhealthy }) => id === instanceId && stage === 'inService' && isUnhealthy,
  );

/** Written down before it is added, so that our own nameless entry is never taken for foreign (rule R11). */
function announceAndAdd(world: Observation, view: MemberView, newcomer: Instance): Plan {
  const ticket = world.records.tickets.get(newcomer.id);
  const peerUrl = peerUrlOf(world.config, newcomer);
  const isAnnounced = ticket?.state === 'joining' && ticket.peerUrl === peerUrl;
  return isAnnounced
    ? act({ kind: 'addLearner', instanceId: newcomer.id, peerUrl })
    : act({ kind: 'writeTicket', ticket: joiningTicket(world, view, newcomer) });
}

function queueOf(queued: readonly Instance[]): Plan {
  return queued.length === 0
    ? nothing
    : wait({ kind: 'joinQueued', instanceIds: queued.map(({ id }) => id) });
}
