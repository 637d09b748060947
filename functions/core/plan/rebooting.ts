import { presenceOf } from '../evidence.ts';
import type { InstanceId } from '../identity.ts';
import { KEY, MEMBERS } from '../names.ts';
import type { MemberView, Observation } from '../observation.ts';
import { isLongHeld, isOverdue, isRebooting, type RebootHolder, type RebootLock } from '../reboot/lock.ts';
import { type Action, act, merge, needsPermit, type Plan, type Wait, wait } from './plan.ts';

/**
 * While a member holds the lock for reboots, whatever may disturb the cluster is withheld, but for what is
 * about that member itself (rule R3). Nothing ends a lock but its holder, an operator, and the evidence that
 * the holder's instance is gone (rule R5).
 */
export function planRebooting(world: Observation, view: MemberView, plan: Plan): Plan {
  const lock = world.etcd.rebooting;
  if (lock === null || !isRebooting(lock)) return plan;
  const gone = lock.holders
    .filter((holder) => isGone(world, view, holder))
    .map(({ instanceId }) => instanceId);
  const isHeld = (action: Action): boolean => isDisruptive(view, action) && !isAbout(view, action, lock);
  const withheld = [...new Set(plan.actions.filter(isHeld).map(({ kind }) => kind))];
  const staying = lock.holders.filter(({ instanceId }) => !gone.includes(instanceId));
  const free = gone.length === 0 ? [] : [{ kind: 'freeReboots', lock, instanceIds: gone } as const];
  return merge(
    act(...free),
    { actions: plan.actions.filter((action) => !isHeld(action)), waits: plan.waits },
    wait(...staying.map((holder) => toldOf(world, holder, withheld))),
    lock.ours ? wait() : wait({ kind: 'rebootsUnreadable', key: KEY.reboots + MEMBERS, withheld }),
  );
}

function toldOf(world: Observation, holder: RebootHolder, withheld: readonly Action['kind'][]): Wait {
  const kind = isOverdue(holder, world.takenAtMs) ? 'rebootOverdue' : 'rebooting';
  return { kind, instanceId: holder.instanceId, since: holder.since, withheld };
}

/** Its member may be removed, and forgotten in the memory, long before; the lock itself tells how old it is. */
function isGone(world: Observation, { memory }: MemberView, holder: RebootHolder): boolean {
  const { instanceId, since } = holder;
  const oldSinceMs = isLongHeld(holder, world.takenAtMs) ? Date.parse(since) : null;
  const missingSinceMs = memory.missingSinceMs[instanceId] ?? oldSinceMs;
  return presenceOf(world, instanceId, missingSinceMs) === 'gone';
}

/** A report is counted right before it is made: one that is withheld must not count. */
const isDisruptive = ({ memory }: MemberView, action: Action): boolean =>
  needsPermit(action) || (action.kind === 'remember' && reportedIn(action, memory.reportedAtMs).length > 0);

const reportedIn = (
  { memory }: Extract<Action, { readonly kind: 'remember' }>,
  before: Readonly<Record<InstanceId, number>>,
): readonly InstanceId[] => Object.keys(memory.reportedAtMs).filter((id) => before[id] === undefined);

function isAbout(view: MemberView, action: Action, { holders }: RebootLock): boolean {
  const ids = holders.map(({ instanceId }) => instanceId);
  const about = subjectsOf(view, action);
  return about.length > 0 && about.every((id) => ids.includes(id));
}

/** Whose instances the action disturbs; empty: nobody's in particular. */
function subjectsOf({ members, memory }: MemberView, action: Action): readonly InstanceId[] {
  if (action.kind === 'remember') return reportedIn(action, memory.reportedAtMs);
  if (action.kind === 'moveLeader')
    return members.flatMap(({ id, instanceId }) =>
      id === action.from && instanceId !== null ? [instanceId] : [],
    );
  return 'instanceId' in action && action.instanceId !== null ? [action.instanceId] : [];
}
