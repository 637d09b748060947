import type { InstanceId } from '../identity.ts';
import { isAwaited } from '../lifecycle.ts';
import { PARAMETER } from '../names.ts';
import { hookKey, type Instance } from '../observation.ts';
import type { HookSettings, Machine } from '../ports.ts';
import { type Action, act, type Plan, wait } from './plan.ts';

/** A list is late at times: one that shows nobody does not count before it did so for this long. */
export const EMPTY_MS = 4_000;

/** What a deletion is planned from: no etcd is asked, for it may be gone already. */
export interface TeardownSight {
  /** The intent to delete the cluster was recorded when this was read. */
  readonly intended: boolean;
  /** `null`: the group is gone, by a successful read. */
  readonly group: {
    readonly name: string;
    readonly desiredCapacity: number;
    readonly deleting: boolean;
    readonly hooks: readonly HookSettings[];
  } | null;
  readonly instances: readonly Instance[];
  /** For how long the looks of this pass have found no instance listed. */
  readonly emptyForMs: number;
  readonly machines: ReadonlyMap<InstanceId, Machine>;
  /** Every name under the cluster's path. */
  readonly names: readonly string[];
  readonly answeredHooks: ReadonlySet<string>;
}

/**
 * Under the recorded intent to delete, or while a stack deletes the group, every hook is
 * let go. Under the intent, when no instance was seen for a moment, everything under the cluster's path
 * is deleted but what dns recorded, the proof that the cluster existed last. Snapshots are not here, and stay
 * (rule R12).
 *
 * A group that is deleted has its sizes set to 0 first. One that still wants
 * instances is not going: the intent is that of an update that dropped the
 * resource, or of a rollback. Its voters are not let go by ones; all is held.
 *
 * A group that is being deleted without the intent (a creation that failed before
 * the intent's resource existed) is let go too, and its records stay.
 */
export function planTeardown(sight: TeardownSight): Plan {
  const isWanted = sight.group !== null && sight.group.desiredCapacity > 0 && !sight.group.deleting;
  const releases = isWanted ? [] : sight.instances.flatMap((instance) => release(sight, instance));
  const stillThere = [...new Set([...sight.instances.map(({ id }) => id), ...machinesLeft(sight)])];
  if (stillThere.length > 0 || isWanted) {
    return { actions: releases, waits: [{ kind: 'deletionPending', stillThere, isSoon: false }] };
  }
  if (!sight.intended) return wait({ kind: 'deletionPending', stillThere, isSoon: false });
  if (sight.names.length > 0 && sight.emptyForMs < EMPTY_MS)
    return wait({ kind: 'deletionPending', stillThere, isSoon: true });
  return planDeletion(sight.names);
}

/** What is recorded of a hosted zone stays: with it dns knows which records to remove, and deletes it after them. */
function planDeletion(all: readonly string[]): Plan {
  const names = all.filter((name) => !name.startsWith(PARAMETER.dns));
  const last: readonly string[] = [PARAMETER.teardown, PARAMETER.bootstrap];
  const first = names.filter((name) => !last.includes(name));
  const rest = names.filter((name) => last.includes(name));
  const next = first.length > 0 ? first : rest;
  return next.length === 0
    ? wait()
    : act({ kind: 'removeParameters', names: next, because: 'clusterDeleted' });
}

function release(sight: TeardownSight, instance: Instance): readonly Action[] {
  const { group } = sight;
  if (group === null) return [];
  const result = instance.waitsIn === 'launch' ? 'ABANDON' : 'CONTINUE';
  return group.hooks
    .filter(
      ({ transition }) =>
        isAwaited(instance, transition) &&
        !sight.answeredHooks.has(hookKey({ id: instance.id, waitsIn: transition })),
    )
    .map((hook) => ({
      kind: 'answerHook',
      hook: { groupName: group.name, hookName: hook.name, instanceId: instance.id },
      result,
      because: 'clusterDeleted',
    }));
}

/** Instances that once had a ticket and of which EC2 does not say that they are over. */
function machinesLeft(sight: TeardownSight): readonly InstanceId[] {
  const ids = sight.names.flatMap((name) =>
    name.startsWith('members/') ? [name.slice('members/'.length)] : [],
  );
  return ids.filter((id) => {
    const machine = sight.machines.get(id);
    return machine?.kind === 'known' && machine.state !== 'terminated';
  });
}
