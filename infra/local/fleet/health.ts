import { FleetError, type Group, type Instance } from './model.ts';
import type { Targets } from './targets.ts';

/**
 * What a caller says of an instance. An instance in its grace period stays healthy, unless the caller says not to
 * respect it; one that is not in service yet has its whole grace before it.
 *
 * @throws {FleetError} another status than `Healthy` and `Unhealthy`
 */
export function setHealth(group: Group, instance: Instance, status: string, respectsGrace: boolean): void {
  if (status !== 'Healthy' && status !== 'Unhealthy') {
    throw new FleetError(
      'ValidationError',
      `Invalid HealthStatus: ${status}. Valid values are Healthy and Unhealthy.`,
    );
  }
  const inServiceForMs = instance.inServiceAtMs === null ? 0 : Date.now() - instance.inServiceAtMs;
  const inGrace = inServiceForMs < group.healthCheckGraceSeconds * 1000;
  if (status === 'Unhealthy' && respectsGrace && inGrace) return;
  instance.health = status;
}

/** EC2 says that the machine is gone, or on its way there. */
export function hasEnded(instance: Instance): boolean {
  return instance.ec2State === 'terminated' || instance.ec2State === 'shutting-down';
}

/** The group's own check of its instances: whatever their grace, those that EC2 ended are unhealthy. */
export function noticeEnd(instance: Instance): void {
  if (hasEnded(instance)) instance.health = 'Unhealthy';
}

/** What a load balancer finds unhealthy is so for a group that heeds it, once the instance's grace is over. */
export function heedTargets(group: Group, instance: Instance, targets: Targets): void {
  if (group.heedsTargets && targets.isUnhealthy(group, instance))
    setHealth(group, instance, 'Unhealthy', true);
}
