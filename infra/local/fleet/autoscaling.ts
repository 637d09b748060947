import { matches, tagMatches } from './autoscaling-filters.ts';
import { activityXml, groupXml, hookXml, instanceXml, tagsXml } from './autoscaling-shapes.ts';
import type { Groups } from './groups.ts';
import { setHealth } from './health.ts';
import { FleetError } from './model.ts';
import { applySizes, hookOf, resultOf, tagsOf } from './settings.ts';
import { type Fields, isTrue, list, number, page, record, text, textList, toXml, type Xml } from './wire.ts';

type Answer = Xml | Promise<Xml>;
type Handler = (groups: Groups, input: Fields) => Answer;

/** The Query API of Auto Scaling, as far as a group with instances and hooks needs it. */
const ACTIONS: Readonly<Record<string, Handler>> = {
  DescribeAutoScalingGroups: (groups, input) => {
    const names = textList(input['AutoScalingGroupNames']);
    const wanted = groups
      .all()
      .filter((group) => (names.length === 0 || names.includes(group.name)) && matches(group, input));
    return paged(wanted, input, 50, 'AutoScalingGroups', groupXml);
  },
  DescribeAutoScalingInstances: (groups, input) => {
    const ids = textList(input['InstanceIds']);
    const all = groups.all().flatMap((group) => group.instances);
    const wanted = all.filter((one) => ids.length === 0 || ids.includes(one.id));
    return paged(wanted, input, 50, 'AutoScalingInstances', (one) => ({
      ...instanceXml(one),
      AutoScalingGroupName: one.groupName,
    }));
  },
  DescribeScalingActivities: (groups, input) => {
    const name = text(input['AutoScalingGroupName']);
    const ids = textList(input['ActivityIds']);
    const all = name === '' ? groups.all().flatMap((group) => group.activities) : groups.get(name).activities;
    return paged(
      all.filter((one) => ids.length === 0 || ids.includes(one.id)),
      input,
      100,
      'Activities',
      activityXml,
    );
  },
  DescribeLifecycleHooks: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    const names = textList(input['LifecycleHookNames']);
    const wanted = group.hooks.filter((hook) => names.length === 0 || names.includes(hook.name));
    return { LifecycleHooks: wanted.map((hook) => hookXml(group, hook)) };
  },
  DescribeTags: (groups, input) =>
    paged(
      groups
        .all()
        .flatMap(tagsXml)
        .filter((tag) => tagMatches(tag, input)),
      input,
      50,
      'Tags',
      (tag) => tag,
    ),
  CreateAutoScalingGroup: async (groups, input) => {
    await groups.create(text(input['AutoScalingGroupName']), input);
    return null;
  },
  UpdateAutoScalingGroup: async (groups, input) => {
    await groups.update(text(input['AutoScalingGroupName']), input);
    return null;
  },
  DeleteAutoScalingGroup: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    if (group.instances.length > 0 && !isTrue(input['ForceDelete'])) {
      throw new FleetError(
        'ResourceInUse',
        'You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
      );
    }
    // The platform does not run terminate hooks in a forced deletion.
    void groups.remove(group.name, false);
    return null;
  },
  SetDesiredCapacity: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    applySizes(group, { DesiredCapacity: input['DesiredCapacity'] });
    groups.settle(group);
    return null;
  },
  TerminateInstanceInAutoScalingGroup: (groups, input) => ({
    Activity: activityXml(
      groups.terminateByUser(text(input['InstanceId']), isTrue(input['ShouldDecrementDesiredCapacity'])),
    ),
  }),
  PutLifecycleHook: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    const hook = hookOf(input);
    group.hooks = [...group.hooks.filter((other) => other.name !== hook.name), hook];
    return {};
  },
  DeleteLifecycleHook: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    const name = text(input['LifecycleHookName']);
    group.hooks = group.hooks.filter((hook) => hook.name !== name);
    return {};
  },
  RecordLifecycleActionHeartbeat: (groups, input) => {
    groups.lifecycle.heartbeat(pendingOf(groups, input).action);
    return {};
  },
  CompleteLifecycleAction: (groups, input) => {
    const result = resultOf(text(input['LifecycleActionResult']));
    const { group, instance, action } = pendingOf(groups, input);
    groups.lifecycle.complete(group, instance, action, result, 'completed by a caller');
    return {};
  },
  SetInstanceHealth: (groups, input) => {
    const { group, instance } = groups.managed(text(input['InstanceId']));
    const respectsGrace = isTrue(input['ShouldRespectGracePeriod'] ?? 'true');
    setHealth(group, instance, text(input['HealthStatus']), respectsGrace);
    return null;
  },
  SetInstanceProtection: (groups, input) => {
    for (const id of textList(input['InstanceIds'])) {
      groups.managed(id).instance.protectedFromScaleIn = isTrue(input['ProtectedFromScaleIn']);
    }
    return {};
  },
  CreateOrUpdateTags: (groups, input) => {
    for (const given of list(input['Tags']).map(record)) {
      const group = groups.get(text(given['ResourceId']));
      group.tags = [...group.tags.filter((tag) => tag.key !== text(given['Key'])), ...tagsOf([given])];
    }
    return null;
  },
  DeleteTags: (groups, input) => {
    for (const given of list(input['Tags']).map(record)) {
      const group = groups.get(text(given['ResourceId']));
      group.tags = group.tags.filter((tag) => tag.key !== text(given['Key']));
    }
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

/** Runs one action and writes its answer. An action that is not here is refused by name. */
export async function answerAutoScaling(groups: Groups, input: Fields): Promise<string> {
  const action = text(input['Action']);
  const handler = ACTIONS[action];
  if (handler === undefined) {
    throw new FleetError(
      'InvalidAction',
      `The local region's Auto Scaling does not have the action ${action}.`,
    );
  }
  const result = await handler(groups, input);
  const body = result === null ? '' : `<${action}Result>${toXml(result, 'member')}</${action}Result>`;
  const metadata =
    '<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>';
  return `<${action}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">${body}${metadata}</${action}Response>`;
}

function paged<T>(
  items: readonly T[],
  input: Fields,
  max: number,
  name: string,
  show: (item: T) => Xml,
): Xml {
  const { items: some, next } = page(items, number(input['MaxRecords'], max), text(input['NextToken']));
  return { [name]: some.map(show), NextToken: next };
}

function pendingOf(groups: Groups, input: Fields): ReturnType<Groups['pending']> {
  const [group, hook] = [text(input['AutoScalingGroupName']), text(input['LifecycleHookName'])];
  return groups.pending(group, hook, text(input['LifecycleActionToken']), text(input['InstanceId']));
}

function processesOf(input: Fields): readonly string[] {
  const given = textList(input['ScalingProcesses']);
  return given.length > 0 ? given : ['Launch', 'Terminate', 'HealthCheck', 'ReplaceUnhealthy', 'AZRebalance'];
}
