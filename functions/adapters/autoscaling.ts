import {
  type Activity,
  type AutoScalingClient,
  CompleteLifecycleActionCommand,
  CreateOrUpdateTagsCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  type LifecycleHook,
  RecordLifecycleActionHeartbeatCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { OperationError } from '../core/errors.ts';
import type { HookOfInstance, HookSettings, ScalingActivity, ScalingPort } from '../core/ports.ts';
import { listGroups, listWarmPool } from './autoscaling-groups.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, createCall } from './aws-client.ts';
import { malformedAnswer, present } from './aws-errors.ts';

const HOOKS = 'autoscaling:DescribeLifecycleHooks';
const ACTIVITIES = 'autoscaling:DescribeScalingActivities';

/** The most that one page of activities can hold. */
const PAGE_SIZE = 100;

/** What Auto Scaling answers when the hook was answered before, timed out, or never began. */
const NOTHING_PENDING = /No active Lifecycle Action found/i;

/** Also `… into warm pool: i-…` and `… from warm pool: i-…`; a launch that failed names no instance. */
const INSTANCE_ACTIVITY = /^(Launching a new|Terminating) EC2 instance[^:]*: (i-[0-9a-f]+)/;

const TRANSITIONS = new Map<string, HookSettings['transition']>([
  ['autoscaling:EC2_INSTANCE_LAUNCHING', 'launch'],
  ['autoscaling:EC2_INSTANCE_TERMINATING', 'terminate'],
]);

export function createScalingPort(client: AutoScalingClient, onCall?: OnCall): ScalingPort {
  const call = createCall(onCall);
  return {
    listGroups: (cluster) => listGroups(client, call, cluster),
    listWarmPool: (groupName) => listWarmPool(client, call, groupName),
    listHooks: (groupName) => listHooks(client, call, groupName),
    listActivities: (groupName) => listActivities(client, call, groupName),
    heartbeat: async (hook) => {
      const command = new RecordLifecycleActionHeartbeatCommand(actionOf(hook));
      const sent = call('autoscaling:RecordLifecycleActionHeartbeat', (options) =>
        client.send(command, options),
      );
      return (await isPending(sent)) ? 'extended' : 'notWaiting';
    },
    complete: async (hook, result) => {
      const command = new CompleteLifecycleActionCommand({
        ...actionOf(hook),
        LifecycleActionResult: result,
      });
      const sent = call('autoscaling:CompleteLifecycleAction', (options) => client.send(command, options));
      return (await isPending(sent)) ? 'completed' : 'notWaiting';
    },
    reportUnhealthy: async (instanceId) => {
      // The grace of the group is for machines that boot: ours is over already.
      const about = { InstanceId: instanceId, ShouldRespectGracePeriod: false };
      const command = new SetInstanceHealthCommand({ ...about, HealthStatus: 'Unhealthy' });
      await call('autoscaling:SetInstanceHealth', (options) => client.send(command, options), { instanceId });
    },
    endInstance: async (InstanceId) => {
      const about = { InstanceId, ShouldDecrementDesiredCapacity: false };
      const command = new TerminateInstanceInAutoScalingGroupCommand(about);
      const name = 'autoscaling:TerminateInstanceInAutoScalingGroup';
      await call(name, (options) => client.send(command, options), { instanceId: InstanceId });
    },
    tagGroup: async (groupName, key, value) => {
      const tag = { ResourceId: groupName, ResourceType: 'auto-scaling-group', Key: key, Value: value };
      const command = new CreateOrUpdateTagsCommand({ Tags: [{ ...tag, PropagateAtLaunch: false }] });
      await call('autoscaling:CreateOrUpdateTags', (options) => client.send(command, options));
    },
  };
}

async function listHooks(
  client: AutoScalingClient,
  call: Call,
  groupName: string,
): Promise<readonly HookSettings[]> {
  const command = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: groupName });
  const answer = await call(HOOKS, (options) => client.send(command, options), { groupName });
  return present(answer.LifecycleHooks, HOOKS, 'hooks')
    .map(toHook)
    .sort((a, b) => a.name.localeCompare(b.name));
}

const toHook = (hook: LifecycleHook): HookSettings => ({
  name: present(hook.LifecycleHookName, HOOKS, 'the name of a hook'),
  transition: present(
    TRANSITIONS.get(hook.LifecycleTransition ?? ''),
    HOOKS,
    'a transition that is known here',
  ),
  heartbeatSeconds: present(hook.HeartbeatTimeout, HOOKS, 'the heartbeat of a hook'),
  globalSeconds: present(hook.GlobalTimeout, HOOKS, 'the global limit of a hook'),
});

async function listActivities(
  client: AutoScalingClient,
  call: Call,
  groupName: string,
): Promise<readonly ScalingActivity[]> {
  const command = new DescribeScalingActivitiesCommand({
    AutoScalingGroupName: groupName,
    MaxRecords: PAGE_SIZE,
  });
  const answer = await call(ACTIVITIES, (options) => client.send(command, options), { groupName });
  return present(answer.Activities, ACTIVITIES, 'activities').flatMap(toActivity);
}

/** Activities that are not about one instance have nothing to say here. */
function toActivity(activity: Activity): readonly ScalingActivity[] {
  const [, verb, instanceId] = INSTANCE_ACTIVITY.exec(activity.Description ?? '') ?? [];
  if (verb === undefined || instanceId === undefined) return [];
  const startedAtMs = present(activity.StartTime, ACTIVITIES, 'the start of an activity').getTime();
  if (Number.isNaN(startedAtMs)) throw malformedAnswer(ACTIVITIES, 'a readable start of an activity');
  return [{ instanceId, kind: verb === 'Terminating' ? 'terminate' : 'launch', startedAtMs }];
}

/** By instance id: a token would have to come from the event, which may be lost or late. */
const actionOf = (hook: HookOfInstance) => ({
  AutoScalingGroupName: hook.groupName,
  LifecycleHookName: hook.hookName,
  InstanceId: hook.instanceId,
});

async function isPending(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    const cause = error instanceof OperationError ? error.cause : null;
    if (cause instanceof Error && NOTHING_PENDING.test(cause.message)) return false;
    throw error;
  }
}
