import { OperationError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/identity.ts';
import { hooksOf } from '../../core/lifecycle.ts';
import { WORKER_HOOK } from '../../core/names.ts';
import type { HookSettings, ScalingGroup } from '../../core/ports.ts';
import { isLeaving } from '../../core/registry/desired.ts';
import { sendBeats } from '../beats.ts';
import { sideBySide } from '../side-by-side.ts';
import type { RegistryMemory } from './memory.ts';
import type { RegistryPorts } from './ports.ts';

/** What Auto Scaling says of the hooks that instances of these groups leave through. */
export interface HookSight {
  /** Our hook by its group; `null`: it has none. A group that could not be read is not in here. */
  readonly hooks: ReadonlyMap<string, HookSettings | null>;
  readonly waitingSinceMs: ReadonlyMap<InstanceId, number>;
}

/** Reads hooks and activities of groups that somebody leaves. A failure leaves that group unknown. */
export async function observeHooks(
  ports: RegistryPorts,
  groups: readonly ScalingGroup[],
  memory: RegistryMemory,
): Promise<HookSight> {
  const left = groups.filter(({ instances }) => instances.some(isLeaving));
  const sights = await sideBySide(left, (group) => observeGroup(ports, group).catch(asUnknown));
  const activities = sights.flatMap((sight) => sight?.since ?? []);
  return {
    hooks: new Map(sights.flatMap((sight) => (sight === null ? [] : [[sight.name, sight.hook]]))),
    // An activity tells when it really began; whom none tells of has waited since he was first seen.
    waitingSinceMs: new Map([...memory.waitingSinceMs, ...activities]),
  };
}

async function observeGroup({ joined }: RegistryPorts, { name }: ScalingGroup) {
  const [hooks, activities] = await Promise.all([joined.listHooks(name), joined.listActivities(name)]);
  const since = activities
    .filter(({ kind }) => kind === 'terminate')
    .map(({ instanceId, startedAtMs }) => [instanceId, startedAtMs] as const)
    .reverse(); // the newest activity of an instance counts
  return { name, hook: hooks.find((hook) => hook.name === WORKER_HOOK.registry) ?? null, since };
}

/** What could not be read holds nobody back who is not concerned. */
function asUnknown(error: unknown): null {
  if (error instanceof OperationError) return null;
  throw error;
}

/**
 * Extends the hooks of ours that somebody waits in, where it is due (rule R7). What could not be read
 * of a group now is as it was read last. Returns how many are not extended that should be.
 */
export async function beat(
  ports: RegistryPorts,
  groups: readonly ScalingGroup[],
  { hooks, waitingSinceMs }: HookSight,
  memory: RegistryMemory,
): Promise<number> {
  memory.noteHooks(hooks);
  const waiting = groups.flatMap(({ name, instances }) => {
    const settings = memory.hookOf(name);
    if (settings === null) return [];
    return instances
      .filter(({ id, lifecycle }) => hooksOf(lifecycle).includes('terminate') && !memory.answered.has(id))
      .map(({ id }) => ({
        hook: { groupName: name, hookName: WORKER_HOOK.registry, instanceId: id },
        settings,
        lastMs: Math.max(memory.lastBeatMs(id) ?? 0, waitingSinceMs.get(id) ?? 0),
      }));
  });
  return sendBeats(ports, waiting, ({ instanceId }, atMs) => memory.noteBeat(instanceId, atMs));
}
