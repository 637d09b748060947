import type { Handler } from './autoscaling-actions.ts';
import { matches, tagMatches } from './autoscaling-filters.ts';
import { INSTANCE_ACTIONS } from './autoscaling-instances.ts';
import { POOL_ACTIONS } from './autoscaling-pool.ts';
import { REFRESH_ACTIONS } from './autoscaling-refresh.ts';
import { activityXml, groupXml, hookXml, instanceXml, tagsXml } from './autoscaling-shapes.ts';
import { requireDeletable } from './conduct.ts';
import type { Groups } from './groups.ts';
import { FleetError } from './model.ts';
import { applySizes, hookOf, resultOf, tagsOf } from './settings.ts';
import { type Fields, isTrue, list, paged, record, text, textList, toXml } from './wire.ts';

/** The Query API of Auto Scaling, as far as a group with instances and hooks needs it. */
const ACTIONS: Readonly<Record<string, Handler>> = {
  ...INSTANCE_ACTIONS,
  ...REFRESH_ACTIONS,
  ...POOL_ACTIONS,
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
    requireDeletable(group, isTrue(input['ForceDelete']));
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

function pendingOf(groups: Groups, input: Fields): ReturnType<Groups['pending']> {
  const [group, hook] = [text(input['AutoScalingGroupName']), text(input['LifecycleHookName'])];
  return groups.pending(group, hook, text(input['LifecycleActionToken']), text(input['InstanceId']));
}
