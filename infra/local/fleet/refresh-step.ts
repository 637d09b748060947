import { roomOf } from './maintenance.ts';
import { type Group, type Instance, isLeaving, isLive } from './model.ts';
import type { Refresh } from './refresh-model.ts';
import { isWarmedUp } from './swaps.ts';

/** How far a refresh is, counted from the group as it stands. */
export interface Progress {
  /** Instances that nothing has happened to yet. */
  readonly untouched: readonly Instance[];
  /** Replacements under way: launching, warming up, waiting in a hook, or terminating. */
  readonly busy: number;
  readonly finished: number;
  readonly percent: number;
}

export function progressOf(group: Group, refresh: Refresh): Progress {
  const originals = group.instances.filter((one) => refresh.todo.includes(one.id));
  const swapping = new Set(group.swaps.map((swap) => swap.oldId));
  const untouched = originals.filter(
    (one) => !isLeaving(one) && !swapping.has(one.id) && !refresh.started.includes(one.id),
  );
  const busy =
    refresh.strategy === 'Rolling'
      ? busyReplacements(group, refresh, originals)
      : originals.filter((one) => refresh.started.includes(one.id) && one.state !== 'InService').length;
  const finished = Math.max(0, refresh.total - untouched.length - busy);
  const percent = refresh.total === 0 ? 100 : Math.floor((100 * finished) / refresh.total);
  return { untouched, busy, finished, percent };
}

/** Each replacement has an old side and a new one, and is over when both are done. */
function busyReplacements(group: Group, refresh: Refresh, originals: readonly Instance[]): number {
  const live = group.instances.filter(isLive);
  const warmupMs = refresh.preferences.warmupSeconds * 1000;
  const oldSides = group.swaps.length + originals.filter(isLeaving).length;
  const young = live.filter((one) => one.launchedAtMs > refresh.startedAtMs && !isWarmedUp(one, warmupMs));
  return Math.max(oldSides, young.length + Math.max(0, group.desired - live.length));
}

/** A refresh that does not get on fails after this. */
const STUCK_MS_MAX = 3600_000;

/**
 * Notes how far a refresh is: what is finished, and newcomers in service. True: for an hour, rests not counted, it was
 * never farther, whether launches fail, hooks abandon them, or nobody may go.
 */
export function isStuck(group: Group, refresh: Refresh, { finished }: Progress): boolean {
  const newcomers = group.instances.filter(
    (one) => one.state === 'InService' && one.launchedAtMs > refresh.startedAtMs,
  );
  const score = finished + newcomers.length;
  if (score > refresh.farthest) Object.assign(refresh, { farthest: score, movedAtMs: Date.now() });
  return Date.now() - Math.max(refresh.movedAtMs, refresh.restUntilMs) > STUCK_MS_MAX;
}

/** How the next replacement may start now. Null: not yet. */
export function nextStart(group: Group, refresh: Refresh, progress: Progress): 'launch' | 'terminate' | null {
  const { below, above } = roomOf(group.desired, refresh.preferences.bounds);
  if (progress.busy >= below + above) return null;
  const goal = goalOf(refresh);
  if (refresh.total - progress.untouched.length >= goal) return null;
  if (group.swaps.length < above) return 'launch';
  const ready = group.instances.filter((one) => one.state === 'InService' && one.health === 'Healthy');
  return ready.length - 1 >= group.desired - below ? 'terminate' : null;
}

/** How many instances are to be replaced until the next checkpoint. */
export function goalOf(refresh: Refresh): number {
  const { checkpoints } = refresh.preferences;
  if (refresh.status === 'RollbackInProgress') return refresh.total;
  const percent = checkpoints[refresh.checkpointsReached] ?? checkpoints.at(-1) ?? 100;
  return Math.ceil((refresh.total * percent) / 100);
}
