import { memberOf } from '../evidence.ts';
import type { InstanceId } from '../identity.ts';
import { lagOf } from '../lag.ts';
import { mustLeave } from '../lifecycle.ts';
import { type Instance, type Member, type MemberView, type Observation, votersOf } from '../observation.ts';
import { judgeRemoval } from '../quorum.ts';
import { isHeldBy, isRebooting } from '../reboot/lock.ts';
import { type Shortfall, shortfall } from '../shortfalls.ts';
import { nameOf } from '../tolerance-sight.ts';
import { merge, nothing, type Plan, wait } from './plan.ts';

/** One voter that answers, and the instance that it is, which joins or leaves. */
export interface Placed {
  readonly member: Member;
  readonly instance: Instance;
}

/**
 * Why a leaver is held although those that stay would be a majority: another voter, which is to stay, does not
 * answer or is too far behind. Whoever took the node did so by choice, and could have waited. Empty: it may go.
 */
export function holdsOn(world: Observation, view: MemberView, leaver: Placed): readonly Shortfall[] {
  if (!isByChoice(leaver) || isHookEnding(world, leaver)) return [];
  return votersOf(view.members).flatMap((voter) => {
    if (voter.id === leaver.member.id || voter.instanceId === null || isLeaving(world, voter)) return [];
    if (!voter.answers) return [shortfall('voterSilent', nameOf(voter))];
    return isBehind(world, view, voter) ? [shortfall('voterBehind', nameOf(voter))] : [];
  });
}

/**
 * Its machine waits for us, or runs on whatever we do. One that nothing holds, that EC2 ends soon, or that its
 * group found unhealthy will be gone, member or not: only the quorum of the others is judged there (rule R2).
 */
function isByChoice({ instance }: Placed): boolean {
  if (instance.stage === 'retained') return true;
  if (instance.ending !== null || instance.isUnhealthy) return false;
  return instance.waitsIn !== null || instance.hookSinceMs !== null;
}

/** Part of the hook's whole time after which a leaver goes as soon as the others are a majority. */
const HELD_PART = 0.75;

/** Auto Scaling answers the hook by itself at its end, and the machine dies as a member: an orderly leave is better. */
function isHookEnding(world: Observation, { instance }: Placed): boolean {
  const { waitsIn, hookSinceMs } = instance;
  if (waitsIn === null || hookSinceMs === null) return false;
  const ageMs = world.takenAtMs - hookSinceMs;
  return world.group.hooks.some(
    (hook) => hook.transition === waitsIn && ageMs >= hook.globalSeconds * 1_000 * HELD_PART,
  );
}

/** So long after the hook began the pass stays for those that may be back in a moment. */
const FOLLOWED_MS = 30_000;

export function holdLeaver(world: Observation, leaver: Placed, shortfalls: readonly Shortfall[]): Plan {
  const { member, instance } = leaver;
  const isSoon = instance.hookSinceMs !== null && world.takenAtMs - instance.hookSinceMs < FOLLOWED_MS;
  return wait({ kind: 'notTolerant', memberId: member.id, instanceId: instance.id, shortfalls, isSoon });
}

/** A leaver that waits for a silent voter must not be waited for by that one: it is replaced first. */
export function isHeld(world: Observation, view: MemberView, instance: Instance): boolean {
  const member = memberOf(view.members, instance.id);
  if (member !== null && isWithheld(world, instance.id)) return true;
  if (member?.role !== 'voter') return false;
  if (!judgeRemoval(view.members, member.id).safe) return true;
  return member.answers && holdsOn(world, view, { member, instance }).length > 0;
}

/** While somebody reboots nobody else leaves or is replaced: whoever reboots and does not come back must not wait for them. */
export const isWithheld = ({ etcd: { rebooting } }: Observation, id: InstanceId): boolean =>
  rebooting !== null && isRebooting(rebooting) && !isHeldBy(rebooting, id);

/** Further behind the leader than the configuration allows; unknown is no reason: it answers. */
export function isBehind(world: Observation, view: MemberView, voter: Member): boolean {
  const lag = lagOf(view, voter);
  return lag !== null && lag > BigInt(world.config.gate.maxLag);
}

/**
 * A newcomer that votes is let go when it keeps up: the next node may be taken as soon as it is in service.
 * For a bounded time: one that never catches up is better seen in service than ended by its hook.
 */
export function isStillBehind(world: Observation, view: MemberView, { member, instance }: Placed): boolean {
  const ageMs = world.takenAtMs - (instance.hookSinceMs ?? world.takenAtMs);
  return isBehind(world, view, member) && ageMs < world.config.graceSeconds.catchingUp * 1_000;
}

export function isLeaving(world: Observation, member: Member): boolean {
  const instance = world.instances.find(({ id }) => id === member.instanceId);
  return instance !== undefined && mustLeave(instance.stage);
}

/** Newcomers that vote and are not let go yet. */
function tellBehind(world: Observation, view: MemberView): Plan {
  const behind = world.instances.flatMap((instance) => {
    const member = instance.waitsIn === 'launch' ? memberOf(view.members, instance.id) : null;
    return member?.role === 'voter' && isStillBehind(world, view, { member, instance }) ? [member] : [];
  });
  return wait(
    ...behind.map(({ id, name }) => ({ kind: 'voterBehind', memberId: id, instanceId: name }) as const),
  );
}

/**
 * What is told beside the changes: who does not keep up, and that an even number of voters bears no more
 * failures than one less, and has one more that may fail (S29).
 */
export function planAdvice(world: Observation, view: MemberView): Plan {
  const { desiredCapacity } = world.group;
  const isEven = desiredCapacity > 0 && desiredCapacity % 2 === 0;
  const even = isEven ? wait({ kind: 'evenSize', desiredCapacity }) : nothing;
  return merge(tellBehind(world, view), even);
}
