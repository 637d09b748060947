import { OperationError } from '../core/errors.ts';
import { hooksOf } from '../core/lifecycle.ts';
import { HOOK, TAG } from '../core/names.ts';
import type { HookOfInstance, ScalingGroup } from '../core/ports.ts';
import type { Ports } from './ports.ts';

export interface Heartbeats {
  readonly sentCount: number;
  readonly failedCount: number;
}

/**
 * Extends every hook that an instance waits in. Comes before anything else in a
 * pass and needs nothing but the groups (rule R7), so that neither a silent etcd nor
 * a broken configuration nor a freeze lets a hook run out. One that fails is
 * counted; the others are sent all the same.
 */
export async function sendHeartbeats(ports: Ports, groups: readonly ScalingGroup[]): Promise<Heartbeats> {
  const hooks = groups.filter((group) => group.tags.get(TAG.role) === 'member').flatMap(waitingHooks);
  let failedCount = 0;
  for (const hook of hooks) {
    try {
      await ports.scaling.heartbeat(hook);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      failedCount += 1;
    }
  }
  return { sentCount: hooks.length - failedCount, failedCount };
}

const waitingHooks = (group: ScalingGroup): readonly HookOfInstance[] =>
  group.instances.flatMap(({ id, lifecycle }) =>
    hooksOf(lifecycle).map((hook) => ({ groupName: group.name, hookName: HOOK[hook], instanceId: id })),
  );
