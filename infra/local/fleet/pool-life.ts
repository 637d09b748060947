import { setTimeout as sleep } from 'node:timers/promises';
import { at } from './activities.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Group, Instance, LifecycleState, PoolState, Route } from './model.ts';
import { ROUTES } from './routes.ts';

const REST: Readonly<Record<PoolState, LifecycleState>> = {
  Stopped: 'Warmed:Stopped',
  Running: 'Warmed:Running',
  Hibernated: 'Warmed:Hibernated',
};

/** Ready to be put into service. */
export function isResting(instance: Instance): boolean {
  return Object.values(REST).includes(instance.state);
}

/** What follows the hooks of a way into the warm pool: the machine is stopped, unless it is to stay running. */
export async function restInPool(
  lifecycle: Lifecycle,
  group: Group,
  instance: Instance,
  way: Route,
): Promise<void> {
  const poolState = group.warmPool?.poolState ?? 'Stopped';
  instance.state = 'Warmed:Pending:Proceed';
  instance.activity.status = 'InProgress';
  if (poolState !== 'Running') {
    instance.ec2State = 'stopping';
    const grace = lifecycle.world.waits.terminationMs;
    await Promise.all([lifecycle.world.machines.stop(instance.id, grace), sleep(grace)]);
    if (instance.ec2State !== 'stopping') return;
    instance.ec2State = 'stopped';
  }
  // It may have been terminated meanwhile.
  if (instance.actions.length > 0 || instance.state !== 'Warmed:Pending:Proceed') return;
  instance.state = REST[poolState];
  lifecycle.arrived(group, instance, way);
}

/** Puts a resting instance into service: its machine starts again with its disk, and passes the launch hooks once more. */
export function leavePool(lifecycle: Lifecycle, group: Group, instance: Instance, cause: string): void {
  lifecycle.begin(group, instance, `Launching a new EC2 instance from warm pool: ${instance.id}`, cause);
  instance.state = 'Pending';
  if (instance.ec2State === 'running') {
    lifecycle.hold(group, instance, ROUTES.leavePool);
    return;
  }
  instance.ec2State = 'pending';
  lifecycle.run(instance, lifecycle.boot(group, instance, ROUTES.leavePool));
}

/** Scale-in of a group whose pool takes instances back. */
export function returnToPool(lifecycle: Lifecycle, group: Group, instance: Instance): void {
  const cause = `At ${at()} an instance was taken out of service and returned to the warm pool.`;
  lifecycle.begin(group, instance, `Returning EC2 instance to warm pool: ${instance.id}`, cause);
  instance.state = 'Warmed:Pending';
  instance.inServiceAtMs = null;
  instance.protectedFromScaleIn = false;
  lifecycle.hold(group, instance, ROUTES.returnToPool);
}
