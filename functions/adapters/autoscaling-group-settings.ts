import {
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  type LifecycleHook,
  PutLifecycleHookCommand,
} from '@aws-sdk/client-auto-scaling';
import type { WholeHook } from '../core/checks/memory.ts';
import type { GroupSettings, GroupSettingsPort } from '../core/checks/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';

const GROUPS = 'autoscaling:DescribeAutoScalingGroups';
const HOOKS = 'autoscaling:DescribeLifecycleHooks';
const PUT = 'autoscaling:PutLifecycleHook';

const LAUNCHING = 'autoscaling:EC2_INSTANCE_LAUNCHING';
const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

/** What of a member group only checks look at, and the one thing that they put back. */
export function createGroupSettingsPort(client: AutoScalingClient, onCall?: OnCall): GroupSettingsPort {
  const call = createCall(onCall);
  return {
    read: async (groupName) => {
      const [group, hooks] = await Promise.all([
        readGroup(client, call, groupName),
        readHooks(client, call, groupName),
      ]);
      return group === undefined ? null : toSettings(group, hooks);
    },
    putHook: async (groupName, hook) => {
      const command = new PutLifecycleHookCommand(inputOf(groupName, hook));
      await call(PUT, (options) => client.send(command, options), { groupName });
    },
  };
}

async function readGroup(client: AutoScalingClient, call: Call, groupName: string) {
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [groupName] });
  const answer = await call(GROUPS, (options) => client.send(command, options), { groupName });
  return present(answer.AutoScalingGroups, GROUPS, 'groups').find(
    (group) => group.AutoScalingGroupName === groupName,
  );
}

async function readHooks(
  client: AutoScalingClient,
  call: Call,
  groupName: string,
): Promise<readonly WholeHook[]> {
  const command = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: groupName });
  const answer = await call(HOOKS, (options) => client.send(command, options), { groupName });
  return present(answer.LifecycleHooks, HOOKS, 'hooks')
    .map(toHook)
    .sort((a, b) => a.name.localeCompare(b.name));
}

const toSettings = (group: AutoScalingGroup, hooks: readonly WholeHook[]): GroupSettings => ({
  terminationPolicies: group.TerminationPolicies ?? [],
  suspended: (group.SuspendedProcesses ?? []).map(({ ProcessName, SuspensionReason }) => ({
    process: ProcessName ?? '',
    reason: SuspensionReason ?? '',
  })),
  zones: [...present(group.AvailabilityZones, GROUPS, 'the zones of a group')].sort(),
  hooks,
});

const toHook = (hook: LifecycleHook): WholeHook => ({
  name: present(hook.LifecycleHookName, HOOKS, 'the name of a hook'),
  transition: hook.LifecycleTransition === TERMINATING ? 'terminate' : 'launch',
  heartbeatSeconds: present(hook.HeartbeatTimeout, HOOKS, 'the heartbeat of a hook'),
  // What Auto Scaling does by itself where nothing is said.
  result: hook.DefaultResult === 'CONTINUE' ? 'CONTINUE' : 'ABANDON',
  metadata: textOrNull(hook.NotificationMetadata),
  target: textOrNull(hook.NotificationTargetARN),
  role: textOrNull(hook.RoleARN),
});

const textOrNull = (text: string | undefined): string | null =>
  text === undefined || text === '' ? null : text;

const inputOf = (AutoScalingGroupName: string, hook: WholeHook) => ({
  AutoScalingGroupName,
  LifecycleHookName: hook.name,
  LifecycleTransition: hook.transition === 'launch' ? LAUNCHING : TERMINATING,
  HeartbeatTimeout: hook.heartbeatSeconds,
  DefaultResult: hook.result,
  ...(hook.metadata === null ? {} : { NotificationMetadata: hook.metadata }),
  ...(hook.target === null ? {} : { NotificationTargetARN: hook.target }),
  ...(hook.role === null ? {} : { RoleARN: hook.role }),
});
