import type { Actions } from './autoscaling-actions.ts';
import { activityXml } from './autoscaling-shapes.ts';
import type { Groups } from './groups.ts';
import { setHealth } from './health.ts';
import { FleetError, type Group, type Instance } from './model.ts';
import { attach, detach, enterStandby, exitStandby } from './standby.ts';
import { type Fields, isTrue, text, textList } from './wire.ts';

const PROCESSES = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
];

/** What a caller does with single instances of a group, and with what the group does to them by itself. */
export const INSTANCE_ACTIONS: Actions = {
  TerminateInstanceInAutoScalingGroup: (groups, input) => ({
    Activity: activityXml(
      groups.terminateByUser(text(input['InstanceId']), isTrue(input['ShouldDecrementDesiredCapacity'])),
    ),
  }),
  SetInstanceHealth: (groups, input) => {
    const { group, instance } = groups.managed(text(input['InstanceId']));
    const respectsGrace = isTrue(input['ShouldRespectGracePeriod'] ?? 'true');
    setHealth(group, instance, text(input['HealthStatus']), respectsGrace);
    return null;
  },
  SetInstanceProtection: (groups, input) => {
    for (const instance of namedIn(groups, input).instances)
      instance.protectedFromScaleIn = isTrue(input['ProtectedFromScaleIn']);
    return {};
  },
  EnterStandby: (groups, input) => {
    const { group, instances } = namedIn(groups, input);
    const activities = enterStandby(group, instances, isTrue(input['ShouldDecrementDesiredCapacity']));
    groups.settle(group);
    return { Activities: activities.map(activityXml) };
  },
  ExitStandby: (groups, input) => {
    const { group, instances } = namedIn(groups, input);
    return { Activities: exitStandby(groups.lifecycle, group, instances).map(activityXml) };
  },
  DetachInstances: (groups, input) => {
    const { group, instances } = namedIn(groups, input);
    const activities = detach(group, instances, isTrue(input['ShouldDecrementDesiredCapacity']));
    groups.settle(group);
    return { Activities: activities.map(activityXml) };
  },
  AttachInstances: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    attach(
      groups.lifecycle,
      group,
      textList(input['InstanceIds']).map((id) => groups.instance(id)),
    );
    return null;
  },
  SuspendProcesses: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    for (const name of processesOf(input)) group.suspended.add(name);
    return null;
  },
  ResumeProcesses: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    for (const name of processesOf(input)) group.suspended.delete(name);
    groups.settle(group);
    return null;
  },
};

function namedIn(
  groups: Groups,
  input: Fields,
): { readonly group: Group; readonly instances: readonly Instance[] } {
  const group = groups.get(text(input['AutoScalingGroupName']));
  const instances = textList(input['InstanceIds']).map((id) => {
    const instance = group.instances.find((one) => one.id === id);
    if (instance !== undefined) return instance;
    throw new FleetError(
      'ValidationError',
      `The instance ${id} is not part of Auto Scaling group ${group.name}.`,
    );
  });
  return { group, instances };
}

/** Without names: all of them. */
function processesOf(input: Fields): readonly string[] {
  const given = textList(input['ScalingProcesses']);
  const wrong = given.find((name) => !PROCESSES.includes(name));
  if (wrong !== undefined) throw new FleetError('ValidationError', `Invalid scaling process: ${wrong}`);
  return given.length > 0 ? given : PROCESSES;
}
