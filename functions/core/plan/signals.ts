import { memberOf } from '../evidence.ts';
import type { InstanceId } from '../identity.ts';
import type { Memory } from '../memory.ts';
import { HOOK } from '../names.ts';
import type { Instance, MemberView, Observation } from '../observation.ts';
import { quorumOf } from '../quorum.ts';
import { type Require, requireOf } from '../tolerance.ts';
import { hasJoinFailed } from './hooks.ts';
import { type Action, act, merge, nothing, type Plan, wait } from './plan.ts';
import type { SignalReason } from './reasons.ts';
import { judgeWorld, sightOf } from './steadiness.ts';

/** A stack waits for an hour at most; what was launched longer ago is of no update that runs. */
export const SIGNAL_WITHIN_MS = 90 * 60_000;

/** So much of the window is followed closely. A longer rest of it is left to the schedule. */
const FOLLOWED_MS = 20_000;

/**
 * Tells the stack of the group what became of the instances that it waits for: those in service whose
 * member votes, as soon as the cluster has tolerated one more failure for its window, and those in
 * service whose join failed. Once for each instance; a stack that waits for none says so.
 */
export function planSignals(world: Observation, view: MemberView): Plan {
  const news = world.instances.filter((instance) => instance.stage === 'inService' && isDue(world, instance));
  if (news.length === 0) return nothing;
  const failed = news.filter((instance) => hasJoinFailed(world, view, instance));
  const voting = news.filter(({ id }) => memberOf(view.members, id)?.role === 'voter');
  return merge(
    act(...failed.flatMap(({ id }) => signal(world, id, 'joinFailed'))),
    voting.length === 0 ? nothing : planSuccess(world, voting),
  );
}

function planSuccess(world: Observation, voting: readonly Instance[]): Plan {
  const shortfalls = judgeWorld(world, requirement(world));
  if (shortfalls.length === 0) return act(...voting.flatMap(({ id }) => signal(world, id, 'steady')));
  const isSoon = shortfalls.every(({ code }) => code === 'unstable') && restMs(world) <= FOLLOWED_MS;
  const codes = [...new Set(shortfalls.map(({ code }) => code))];
  return wait({ kind: 'settling', instanceIds: voting.map(({ id }) => id), shortfalls: codes, isSoon });
}

/**
 * The cluster's own, but no more failures than as many voters as the group wants can bear: no waiting has two of them
 * bear one, and a rolling update of one instance wants two for its time.
 */
function requirement({ config, group }: Observation): Require {
  const own = requireOf(config);
  const wanted = Math.max(1, group.desiredCapacity);
  return { ...own, tolerance: Math.min(own.tolerance, wanted - quorumOf(wanted)) };
}

/** What is left of the window. */
function restMs(world: Observation): number {
  const { steadySinceMs } = sightOf(world);
  return (
    requireOf(world.config).stableSeconds * 1_000 - (world.takenAtMs - (steadySinceMs ?? world.takenAtMs))
  );
}

/**
 * Puts what must be known outside before each launch hook that is given up: the stack hears of the failure,
 * and the refresh that launched the instance ends, so that a bad release takes no second one. Neither is
 * waited for: refused, they rest, and the hook is answered.
 */
export function withFailures(world: Observation, plan: Plan): Plan {
  if (!plan.actions.some(isGivenUp)) return plan;
  const actions = plan.actions.flatMap((action) =>
    isGivenUp(action) ? [...failureOf(world, action), action] : [action],
  );
  return { ...plan, actions };
}

type AnswerHook = Extract<Action, { readonly kind: 'answerHook' }>;

const isGivenUp = (action: Action): action is AnswerHook =>
  action.kind === 'answerHook' && action.result === 'ABANDON' && action.hook.hookName === HOOK.launch;

function failureOf(world: Observation, { hook, because }: AnswerHook): readonly Action[] {
  const { instanceId, groupName } = hook;
  const instance = world.instances.find(({ id }) => id === instanceId);
  const isClaim = because === 'claimFailed';
  const launchedAtMs = instance?.launchedAtMs ?? instance?.hookSinceMs ?? null;
  const isOver = isClaim || launchedAtMs === null || world.pass.refreshesEnded.has(instanceId);
  return [
    ...(instance !== undefined && isDue(world, instance)
      ? signal(world, instanceId, isClaim ? 'claimFailed' : 'joinFailed')
      : []),
    ...(isOver ? [] : [{ kind: 'cancelRefresh', groupName, instanceId, launchedAtMs } as const]),
  ];
}

function isDue({ takenAtMs, group, etcd, pass }: Observation, { id, launchedAtMs }: Instance): boolean {
  if (group.stack === null || launchedAtMs === null || takenAtMs - launchedAtMs >= SIGNAL_WITHIN_MS)
    return false;
  return !pass.signalled.has(id) && etcd.view?.memory.signalledAtMs[id] === undefined;
}

function signal({ group }: Observation, instanceId: InstanceId, because: SignalReason): readonly Action[] {
  if (group.stack === null) return [];
  const status = because === 'steady' ? 'SUCCESS' : 'FAILURE';
  return [{ kind: 'signalStack', ...group.stack, instanceId, status, because }];
}

/** Whom the stack was told of, as the memory should have it: this pass's too, and nobody who is gone. */
export function signalledAfter({ instances, pass, takenAtMs }: Observation, { signalledAtMs }: Memory) {
  const told = instances.flatMap(({ id }) => {
    const atMs = signalledAtMs[id] ?? (pass.signalled.has(id) ? takenAtMs : undefined);
    return atMs === undefined ? [] : [[id, atMs] as const];
  });
  return Object.fromEntries(told);
}
