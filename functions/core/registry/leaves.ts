import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { InstanceId } from '../identity.ts';
import type { JoinedGroup } from '../joined.ts';
import { waitsIn } from '../lifecycle.ts';
import { KEY, WORKER_HOOK } from '../names.ts';
import type { HookOfInstance } from '../ports.ts';
import type { Entry, OpenAccess } from './desired.ts';
import { leavingKey, leavingSince } from './keys.ts';
import { HOLD_MAX_MS, type RegistryWorld } from './world.ts';

/** A hook that may be answered now. `leavingKey`: what must be deleted afterwards. */
export interface Completion {
  readonly hook: HookOfInstance;
  readonly leavingKey: string | null;
}

/** An instance that waits in our terminate hook, or may. */
export interface Leaver {
  readonly id: InstanceId;
  readonly group: JoinedGroup;
}

/** Who waits for us. Where nobody could read the hooks of a group, somebody may wait in ours. */
export function leaversOf(world: RegistryWorld): readonly Leaver[] {
  return world.groups.flatMap((group) =>
    group.instances
      .filter(({ id, lifecycle }) => waitsIn(lifecycle) === 'terminate' && !world.answered.has(id))
      .filter(() => world.hooks.get(group.name) !== null)
      .map(({ id }) => ({ id, group })),
  );
}

/** `access` `null`: nobody can read what was noted, and nothing can be deleted. */
export function completionOf({ id, group }: Leaver, access: OpenAccess | null): Completion {
  const key = leavingKey(id);
  return {
    hook: { groupName: group.name, hookName: WORKER_HOOK.registry, instanceId: id },
    leavingKey: access?.keys.values.has(key) === true ? key : null,
  };
}

/** What becomes of a leaver whose keys are gone. */
export type Departure =
  | { readonly kind: 'complete'; readonly completion: Completion }
  /** Whoever read its keys shall have noticed by then. */
  | { readonly kind: 'drain'; readonly untilMs: number };

/** How long ago its keys were removed decides; an instance that offered nothing has nothing to drain. */
export function departureOf(
  world: RegistryWorld,
  access: OpenAccess,
  leaver: Leaver,
  entry: Entry,
): Departure {
  const since = access.keys.values.get(leavingKey(leaver.id));
  const completion = completionOf(leaver, access);
  if (since === undefined || !entry.isAlive) return { kind: 'complete', completion };
  // A time that nobody can read begins anew: it is written in this look.
  const sinceMs = leavingSince(since, world.takenAtMs) ?? world.takenAtMs;
  const untilMs = sinceMs + leaver.group.drainSeconds * 1_000;
  return untilMs <= world.takenAtMs ? { kind: 'complete', completion } : { kind: 'drain', untilMs };
}

/**
 * Whether it is noted when its services went: somebody may be using them, and its hook is let go so
 * much later. Also of one that stays: an unhealthy instance is ended soon after.
 */
export function needsNote(world: RegistryWorld, { group, isAlive, held }: Entry): boolean {
  return (
    group !== null &&
    group.drainSeconds > 0 &&
    isAlive &&
    world.hooks.get(group.name) !== null &&
    [...held.keys()].some(isServiceKey)
  );
}

export const isServiceKey = (key: string): boolean => key.startsWith(KEY.services);

/** Whether it was held for as long as anybody may be; unknown is no reason to let go. */
export function isHeldTooLong(world: RegistryWorld, id: InstanceId): boolean {
  const sinceMs = world.waitingSinceMs.get(id);
  return sinceMs !== undefined && world.takenAtMs - sinceMs >= HOLD_MAX_MS;
}

export const heldTooLong = (id: InstanceId, why: string): Finding =>
  finding('heldTooLong', id, `it was let go after ${HOLD_MAX_MS / 60_000} minutes: ${why}`);

/** Held beyond half of what Auto Scaling allows: somebody should know before it lets go by itself. */
export function findLateHooks(world: RegistryWorld, held: readonly Leaver[]): readonly Finding[] {
  return held.flatMap(({ id, group }) => {
    const hook = world.hooks.get(group.name);
    const sinceMs = world.waitingSinceMs.get(id);
    if (hook === undefined || hook === null || sinceMs === undefined) return [];
    if (world.takenAtMs - sinceMs < (hook.globalSeconds * 1_000) / 2) return [];
    return [finding('hookPastHalf', id, `its hook ${hook.name} is past half of its time`)];
  });
}
