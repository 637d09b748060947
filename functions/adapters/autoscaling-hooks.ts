import {
  type Activity,
  type AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  type LifecycleHook,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import { OperationError } from '../core/errors.ts';
import type { HookOfInstance, HookSettings, ScalingActivity, ScalingPort } from '../core/ports.ts';
import { type Call, readAllPages } from './aws-client.ts';
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

export type HookCalls = Pick<ScalingPort, 'listHooks' | 'listActivities' | 'heartbeat' | 'complete'>;

/** What every function that finishes hooks of its own asks and tells Auto Scaling. */
export function hookCalls(client: AutoScalingClient, call: Call): HookCalls {
  return {
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
  };
}

export async function listHooks(
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

/** Those in progress come first, then the newest: pages are read until one shows the end of the former. */
export async function listActivities(
  client: AutoScalingClient,
  call: Call,
  AutoScalingGroupName: string,
): Promise<readonly ScalingActivity[]> {
  const activities = await readAllPages(ACTIVITIES, async (NextToken) => {
    const page = { AutoScalingGroupName, MaxRecords: PAGE_SIZE, NextToken };
    const answer = await call(
      ACTIVITIES,
      (options) => client.send(new DescribeScalingActivitiesCommand(page), options),
      { groupName: AutoScalingGroupName },
    );
    const items = present(answer.Activities, ACTIVITIES, 'activities');
    const isOver = items.some(({ EndTime }) => EndTime !== undefined);
    return { items, nextToken: isOver ? undefined : answer.NextToken };
  });
  return activities.flatMap(toActivity);
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
