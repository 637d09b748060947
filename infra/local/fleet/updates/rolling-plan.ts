import { FleetError } from '../model.ts';
import type { RollingPolicy } from './policy.ts';

export interface Sizes {
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
}

export interface RollingPlan {
  readonly batch: number;
  /** Desired capacity while the update runs. */
  readonly desired: number;
  /** How many instances may fail to signal success. */
  readonly failuresMax: number;
}

/**
 * How many are replaced at a time, and how far the group grows for it.
 *
 * @throws {FleetError} the group could not both keep that many in service and replace one
 */
export function planRolling(policy: RollingPolicy, sizes: Sizes, obsoleteCount: number): RollingPlan {
  const { minInService, batchMax, successPercent } = policy;
  if (minInService >= sizes.maxSize) {
    throw new FleetError(
      'ValidationError',
      `MinInstancesInService ${minInService} must be less than the autoscaling group's MaxSize ${sizes.maxSize}`,
    );
  }
  const batch = Math.min(batchMax, sizes.maxSize - minInService, obsoleteCount);
  return {
    batch,
    desired: Math.max(sizes.desired, Math.min(minInService + batch, sizes.maxSize)),
    failuresMax: obsoleteCount - Math.ceil((obsoleteCount * successPercent) / 100),
  };
}

/** How many newcomers the leavers of a batch make room for: never more than the group is to have in the end. */
export function replacementsFor(leavingCount: number, freshCount: number, desired: number): number {
  return Math.max(0, Math.min(leavingCount, desired - freshCount));
}

export function initiated(policy: RollingPolicy, batch: number, obsoleteCount: number): string {
  const keeping =
    policy.minInService > 0 ? `, while keeping at least ${policy.minInService} instance(s) in service.` : '.';
  const waiting = policy.waitsForSignals
    ? ` Waiting on resource signals with a timeout of ${policy.pause.text} when new instances are added to the autoscaling group.`
    : policy.pause.ms > 0
      ? ` Pausing for ${policy.pause.text} when new instances are added to the autoscaling group.`
      : '';
  return `Rolling update initiated. Terminating ${obsoleteCount} obsolete instance(s) in batches of ${batch}${keeping}${waiting}`;
}

export function added(policy: RollingPolicy, count: number): string {
  const then = policy.waitsForSignals
    ? `Waiting on ${count} resource signal(s) with a timeout of ${policy.pause.text}.`
    : `Pausing for ${policy.pause.text}.`;
  return `New instance(s) added to autoscaling group - ${then}`;
}

/** The reason of the resource's failure. */
export function unsatisfied(successPercent: number, what: string): string {
  return `Received ${what}.  Unable to satisfy ${successPercent}% MinSuccessfulInstancesPercent requirement`;
}
