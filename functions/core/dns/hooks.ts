import { type Finding, finding } from '../finding.ts';
import type { InstanceId } from '../identity.ts';
import type { JoinedGroup } from '../joined.ts';
import { hooksOf } from '../lifecycle.ts';
import { WORKER_HOOK } from '../names.ts';
import type { HookOfInstance } from '../ports.ts';
import type { ClusterPlan } from './plan.ts';
import { isOver, type Outcomes, standing } from './progress.ts';
import type { DnsState } from './state.ts';
import { type ClusterWorld, HOLD_MAX_MS, isOpen } from './world.ts';

export interface HookPlan {
  readonly releases: readonly Release[];
  readonly holds: readonly Hold[];
  readonly findings: readonly Finding[];
}

export interface Release {
  readonly hook: HookOfInstance;
  readonly because: 'notPublished' | 'withdrawn' | 'heldTooLong';
}

export interface Hold {
  readonly hook: HookOfInstance;
  /** `unknown`: what is published could not be read. */
  readonly because: 'unknown' | 'published' | 'notInSync' | 'cached' | 'frozen';
  /** When it ends by itself; `null`: something else must happen first. */
  readonly untilMs: number | null;
}

/** Every hook of ours that an instance of a worker group waits in. Nothing but the group says so (rule R7). */
export const waitingHooks = (group: JoinedGroup): readonly HookOfInstance[] =>
  group.role === 'member'
    ? []
    : group.instances
        .filter(({ lifecycle }) => hooksOf(lifecycle).includes('terminate'))
        .map(({ id }) => ({ groupName: group.name, hookName: WORKER_HOOK.dns, instanceId: id }));

/**
 * Who may go: whoever stands in no record any more, on no name server and in no resolver's memory.
 * Nobody is held longer than {@link HOLD_MAX_MS}; under a freeze nobody is let go (rule R13).
 *
 * @param state the memory as it is after the changes.
 */
export function planHooks(plan: ClusterPlan, outcomes: Outcomes, state: DnsState, nowMs: number): HookPlan {
  const published = publishedIds(plan, outcomes);
  const judged = plan.cluster.groups
    .flatMap((group) => waitingHooks(group).filter((hook) => hasHook(plan.cluster, hook)))
    .map((hook) => judge(plan, hook, published, state, nowMs));
  const releases = judged.flatMap((one) => ('untilMs' in one ? [] : [one]));
  const holds = judged.flatMap((one) => ('untilMs' in one ? [one] : []));
  const overdue = releases
    .filter(({ because }) => because === 'heldTooLong')
    .map(({ hook }) => {
      const words = `its record could not be taken out of DNS within ${HOLD_MAX_MS / 60_000} minutes`;
      return finding('heldTooLong', hook.instanceId, words);
    });
  const aged = holds.flatMap(({ hook }) => agedOf(plan.cluster, hook, nowMs));
  return { releases, holds, findings: [...overdue, ...aged] };
}

/** A group without our hook waits for somebody else. Where nobody knows, answering does no harm. */
const hasHook = ({ hooks }: ClusterWorld, { groupName }: HookOfInstance): boolean =>
  hooks.get(groupName)?.some(({ name }) => name === WORKER_HOOK.dns) ?? true;

function publishedIds({ bases }: ClusterPlan, outcomes: Outcomes): ReadonlySet<string | null> | 'unknown' {
  if (bases.some(({ kind }) => kind === 'unread')) return 'unknown';
  const records = bases.flatMap((base) => standing(base, outcomes.get(base.base) ?? null));
  return new Set(records.map(({ setIdentifier }) => setIdentifier));
}

function judge(
  { cluster }: ClusterPlan,
  hook: HookOfInstance,
  published: ReadonlySet<string | null> | 'unknown',
  state: DnsState,
  nowMs: number,
): Release | Hold {
  if (!isOpen(cluster))
    return { hook, because: cluster.standing === 'unknown' ? 'unknown' : 'frozen', untilMs: null };
  const hold = holdOf(hook, published, state, nowMs);
  if (hold === null) {
    const because = entriesOf(state, hook.instanceId).length > 0 ? 'withdrawn' : 'notPublished';
    return { hook, because };
  }
  const sinceMs = waitingSinceMs(cluster, hook);
  const isOverdue = sinceMs !== null && nowMs - sinceMs >= HOLD_MAX_MS;
  return isOverdue ? { hook, because: 'heldTooLong' } : hold;
}

function holdOf(
  hook: HookOfInstance,
  published: ReadonlySet<string | null> | 'unknown',
  state: DnsState,
  nowMs: number,
): Hold | null {
  if (published === 'unknown') return { hook, because: 'unknown', untilMs: null };
  if (published.has(hook.instanceId)) return { hook, because: 'published', untilMs: null };
  const open = entriesOf(state, hook.instanceId).filter((entry) => !isOver(entry, nowMs));
  if (open.length === 0) return null;
  if (open.some(({ syncedAtMs }) => syncedAtMs === null))
    return { hook, because: 'notInSync', untilMs: null };
  const ends = open.map(({ syncedAtMs, ttlSeconds }) => (syncedAtMs ?? 0) + ttlSeconds * 1_000);
  return { hook, because: 'cached', untilMs: Math.max(...ends) };
}

/** The entries that name it, or, where none does, those that had no room for all names. */
function entriesOf({ withdrawn }: DnsState, id: InstanceId): DnsState['withdrawn'] {
  const own = withdrawn.filter(({ ids }) => ids.includes(id));
  return own.length > 0 ? own : withdrawn.filter(({ andOthers }) => andOthers);
}

/** Since when it waits, by its group's activities; where they do not tell, since when it was seen. */
function waitingSinceMs(
  { activities, seenWaitingMs }: ClusterWorld,
  { groupName, instanceId }: HookOfInstance,
): number | null {
  const known = activities.get(groupName) ?? [];
  const own = known.filter((one) => one.instanceId === instanceId && one.kind === 'terminate');
  if (own.length === 0) return seenWaitingMs.get(instanceId) ?? null;
  return Math.max(...own.map(({ startedAtMs }) => startedAtMs));
}

function agedOf(cluster: ClusterWorld, hook: HookOfInstance, nowMs: number): readonly Finding[] {
  const settings = cluster.hooks.get(hook.groupName)?.find(({ name }) => name === hook.hookName);
  const sinceMs = waitingSinceMs(cluster, hook);
  if (settings === undefined || sinceMs === null) return [];
  if ((nowMs - sinceMs) * 2 < settings.globalSeconds * 1_000) return [];
  const words = `it waits in ${hook.hookName} for more than half of what Auto Scaling allows`;
  return [finding('hookPastHalf', hook.instanceId, words)];
}
