import { OperationError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/identity.ts';
import { hooksOf } from '../../core/lifecycle.ts';
import { WORKER_HOOK } from '../../core/names.ts';
import type { HookSettings, ScalingGroup } from '../../core/ports.ts';
import { isLeaving } from '../../core/registry/desired.ts';
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

/** So often within the time of a hook: one that fails leaves two more. */
const BEATS_IN_TIME = 4;
/** The schedule comes every minute, and may be late: of a hook with less left than this, none waits. */
const LEFT_SECONDS_MIN = 150;

const restMs = ({ heartbeatSeconds }: HookSettings): number =>
  Math.min(heartbeatSeconds / BEATS_IN_TIME, heartbeatSeconds - LEFT_SECONDS_MIN) * 1_000;

/**
 * Extends every hook of ours that somebody waits in, and that was not extended for a quarter of its
 * time (rule R7): a thousand that leave at once are not a thousand calls in every look. One that fails
 * is counted; the others are sent all the same. Returns how many failed.
 */
export async function beat(
  ports: RegistryPorts,
  groups: readonly ScalingGroup[],
  { hooks, waitingSinceMs }: HookSight,
  memory: RegistryMemory,
): Promise<number> {
  const nowMs = ports.clock.nowMs();
  const isDue = (hook: HookSettings | undefined, id: InstanceId): boolean => {
    const lastMs = Math.max(memory.lastBeatMs(id) ?? 0, waitingSinceMs.get(id) ?? 0);
    return hook === undefined || nowMs - lastMs >= restMs(hook);
  };
  const due = groups.flatMap(({ name, instances }) => {
    const hook = hooks.get(name);
    if (hook === null) return [];
    return instances
      .filter(({ id, lifecycle }) => hooksOf(lifecycle).includes('terminate') && isDue(hook, id))
      .filter(({ id }) => !memory.answered.has(id))
      .map(({ id }) => ({ groupName: name, hookName: WORKER_HOOK.registry, instanceId: id }));
  });
  const failed = await sideBySide(due, async (hook) => {
    const outcome = await ports.joined.heartbeat(hook).catch(asUnknown);
    if (outcome === 'extended') memory.noteBeat(hook.instanceId, nowMs);
    return outcome === null;
  });
  return failed.filter((isFailed) => isFailed).length;
}
