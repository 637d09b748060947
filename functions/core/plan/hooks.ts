import { memberOf } from '../evidence.ts';
import { isAwaited } from '../lifecycle.ts';
import { hookKey, type Instance, type Member, type MemberView, type Observation } from '../observation.ts';
import type { HookResult } from '../ports.ts';
import { encodeEndpoints, encodePeers } from '../published.ts';
import { isStillBehind } from './holds.ts';
import { act, merge, nothing, type Plan, wait } from './plan.ts';
import type { ReleaseReason } from './reasons.ts';
import { isWithinGrace } from './removals.ts';
import { isOutOfStep } from './versions.ts';

/**
 * Lets go of the instances whose work is done: a newcomer that votes, answers, is
 * published and can never start from its ticket again; a leaver that is no member any more and is published nowhere.
 */
export function planHooks(world: Observation, view: MemberView): Plan {
  if (!isPublished(world, view)) return nothing;
  return merge(...world.instances.map((instance) => planHook(world, view, instance)));
}

function planHook(world: Observation, view: MemberView, instance: Instance): Plan {
  const member = memberOf(view.members, instance.id);
  if (instance.stage === 'warm') return member === null ? releaseWarm(world, instance) : nothing;
  if (instance.waitsIn === 'launch') {
    if (hasJoinFailed(world, view, instance) || hasNotBecomeMember(world, view, member))
      return answerHook(world, instance, 'ABANDON', 'joinFailed');
    const votes = member?.role === 'voter' && member.started && member.answers;
    const isClosed = world.records.tickets.get(instance.id)?.state === 'started';
    const mayGo = votes && isClosed && !isStillBehind(world, view, { member, instance });
    return mayGo ? answerHook(world, instance, 'CONTINUE', 'votes') : nothing;
  }
  const hasLeft = instance.waitsIn === 'terminate' && member === null;
  return hasLeft ? answerHook(world, instance, 'CONTINUE', 'left') : nothing;
}

/**
 * Its one ticket was spent on a member that is no member any more and never was
 * seen started: the machine had its chance, and is never tried without end (S13).
 * In its launch hook it is abandoned, and the group replaces it; in service it is reported.
 */
export function hasJoinFailed(world: Observation, view: MemberView, instance: Instance): boolean {
  const ticket = world.records.tickets.get(instance.id);
  const isCandidate = instance.waitsIn === 'launch' || instance.stage === 'inService';
  if (!isCandidate || ticket?.state !== 'ticket') return false;
  return view.members.every((member) => member.id !== ticket.memberId && member.instanceId !== instance.id);
}

/**
 * A founder that stayed silent for its whole grace: a voter is not removed for silence, but its machine may go.
 * And a learner that started, and then was silent or of a version that the voters were not ready for, for as long:
 * it is removed when its machine leaves.
 */
function hasNotBecomeMember(world: Observation, view: MemberView, member: Member | null): boolean {
  if (member === null || isWithinGrace(world, view, member)) return false;
  // Since when it is not up stands in a memory that etcd may not let us write: who answers now is up, whatever that says.
  const isUp = member.started && member.answers && !isOutOfStep(view, member);
  // Whose address EC2 does not tell was not even asked: that is our ignorance, and no silence.
  return !isUp && (member.role === 'voter' || (member.started && member.silence !== 'notAsked'));
}

/** On its way into the pool, out of it or through it: nothing here is waited for (S35). */
const releaseWarm = (world: Observation, instance: Instance): Plan =>
  instance.waitsIn === null ? nothing : answerHook(world, instance, 'CONTINUE', 'warmed');

/** Before a cluster exists a leaver carries nothing: it may go at once. */
export function planReleases(world: Observation, because: ReleaseReason): Plan {
  const warm = world.instances.filter(({ stage }) => stage === 'warm');
  const leavers = world.instances.filter(({ stage, waitsIn }) => stage !== 'warm' && waitsIn === 'terminate');
  return merge(
    ...warm.map((instance) => releaseWarm(world, instance)),
    ...leavers.map((instance) => answerHook(world, instance, 'CONTINUE', because)),
  );
}

/** Alarm at half the global limit: after the whole, Auto Scaling answers the hook itself (rule R7). */
export function planHookAges(world: HookWorld): Plan {
  return merge(...world.instances.map((instance) => planHookAge(world, instance)));
}

/** What the ages of hooks are told from: this much is known where nothing else can be decided. */
type HookWorld = Pick<Observation, 'takenAtMs' | 'group' | 'instances' | 'pass'>;

function planHookAge(world: HookWorld, instance: Instance): Plan {
  if (instance.hookSinceMs === null || world.pass.answeredHooks.has(hookKey(instance))) return nothing;
  const ageMs = world.takenAtMs - instance.hookSinceMs;
  const late = world.group.hooks.filter(
    (hook) => hook.transition === instance.waitsIn && ageMs * 2 >= hook.globalSeconds * 1_000,
  );
  return wait(
    ...late.map((hook) => ({ kind: 'hookPastHalf', instanceId: instance.id, hookName: hook.name }) as const),
  );
}

/** Answers every hook of ours that the instance waits in; once in a pass, for the list lags behind. */
export function answerHook(
  world: Observation,
  instance: Instance,
  result: HookResult,
  because: ReleaseReason,
): Plan {
  const hooks = world.group.hooks.filter(
    ({ transition }) =>
      isAwaited(instance, transition) &&
      !world.pass.answeredHooks.has(hookKey({ id: instance.id, waitsIn: transition })),
  );
  return act(
    ...hooks.map(
      (hook) =>
        ({
          kind: 'answerHook',
          hook: { groupName: world.group.name, hookName: hook.name, instanceId: instance.id },
          result,
          because,
        }) as const,
    ),
  );
}

/** What is true is told before anybody is let go: lists first, hooks second. */
export function isPublished(world: Observation, view: MemberView): boolean {
  return (
    world.records.endpoints === encodeEndpoints(view.members) &&
    world.records.peers === encodePeers(view.members)
  );
}
