import { at, endActivity, startActivity } from './activities.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type Activity, FleetError, type Group, type Instance, type LifecycleState } from './model.ts';
import { ROUTES } from './routes.ts';

/** Instances that step aside, come back, go their own way, or join. */

/** @throws {FleetError} one is not in service, or the group would shrink below its minimum */
export function enterStandby(group: Group, instances: readonly Instance[], decrement: boolean): Activity[] {
  requireState(instances, ['InService']);
  const words = lower(group, instances.length, decrement);
  return instances.map((instance) => {
    instance.state = 'Standby';
    return note(
      group,
      instance,
      `Moving EC2 instance to Standby: ${instance.id}`,
      `moved to standby${words}`,
    );
  });
}

/** Through the launch hooks again, and the desired capacity grows by them. */
export function exitStandby(lifecycle: Lifecycle, group: Group, instances: readonly Instance[]): Activity[] {
  requireState(instances, ['Standby']);
  const words = raise(group, instances.length);
  return instances.map((instance) => {
    const description = `Moving EC2 instance out of Standby: ${instance.id}`;
    return admit(lifecycle, group, instance, description, `moved out of standby${words}`);
  });
}

/** The instance goes on running, without hooks, and belongs to nobody. */
export function detach(group: Group, instances: readonly Instance[], decrement: boolean): Activity[] {
  requireState(instances, ['InService', 'Standby']);
  const counted = instances.filter((one) => one.state === 'InService').length;
  const words = lower(group, counted, decrement);
  return instances.map((instance) => {
    instance.state = 'Detached';
    instance.tags = instance.tags.filter((tag) => !tag.key.startsWith('aws:autoscaling:'));
    group.instances = group.instances.filter((other) => other !== instance);
    return note(group, instance, `Detaching EC2 instance: ${instance.id}`, `detached${words}`);
  });
}

/** Takes in instances that run and belong to no group. */
export function attach(lifecycle: Lifecycle, group: Group, instances: readonly Instance[]): void {
  const wrong = instances.find((one) => one.state !== 'Detached' || one.ec2State !== 'running');
  if (wrong !== undefined) {
    throw new FleetError(
      'ValidationError',
      `Invalid Instance ID(s): ${wrong.id} is not running, or belongs to an Auto Scaling group.`,
    );
  }
  const words = raise(group, instances.length);
  for (const instance of instances) {
    instance.groupName = group.name;
    instance.health = 'Healthy';
    instance.tags = [...instance.tags, { key: 'aws:autoscaling:groupName', value: group.name }];
    group.instances.push(instance);
    admit(
      lifecycle,
      group,
      instance,
      `Attaching an existing EC2 instance: ${instance.id}`,
      `attached${words}`,
    );
  }
}

function admit(
  lifecycle: Lifecycle,
  group: Group,
  instance: Instance,
  description: string,
  done: string,
): Activity {
  lifecycle.begin(group, instance, description, causeOf(instance, done));
  instance.state = 'Pending';
  lifecycle.hold(group, instance, ROUTES.launch);
  return instance.activity;
}

function note(group: Group, instance: Instance, description: string, done: string): Activity {
  const activity = startActivity(group, instance.id, instance.place, description, causeOf(instance, done));
  endActivity(activity, 'Successful');
  instance.activity = activity;
  return activity;
}

function causeOf(instance: Instance, done: string): string {
  return `At ${at()} instance ${instance.id} was ${done} in response to a user request.`;
}

function requireState(instances: readonly Instance[], states: readonly LifecycleState[]): void {
  const wrong = instances.find((one) => !states.includes(one.state));
  if (wrong === undefined) return;
  throw new FleetError(
    'ValidationError',
    `The instance ${wrong.id} is in ${wrong.state} and not in ${states.join(' or ')}.`,
  );
}

function lower(group: Group, count: number, decrement: boolean): string {
  if (!decrement || count === 0) return '';
  if (group.desired - count < group.minSize) {
    throw new FleetError(
      'ValidationError',
      `AutoScalingGroup ${group.name} has min=${group.minSize}, max=${group.maxSize}, and desired=${group.desired}. To place into standby or detach ${count} instance(s) and decrement the desired capacity, lower the minimum.`,
    );
  }
  group.desired -= count;
  return `, shrinking the capacity from ${group.desired + count} to ${group.desired},`;
}

function raise(group: Group, count: number): string {
  if (group.desired + count > group.maxSize) {
    throw new FleetError(
      'ValidationError',
      `AutoScalingGroup ${group.name} has min=${group.minSize}, max=${group.maxSize}, and desired=${group.desired}. ${count} more instance(s) would exceed the maximum.`,
    );
  }
  group.desired += count;
  return `, increasing the capacity from ${group.desired - count} to ${group.desired},`;
}
