import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  PutLifecycleHookCommand,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createGroupSettingsPort } from '../../functions/adapters/autoscaling-group-settings.ts';
import { TEMPLATE_HOOKS } from '../../functions/core/checks/judge-platform.ts';
import { expectFailure, throttled } from './aws-failures.ts';

const client = new AutoScalingClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createGroupSettingsPort(client);

const GROUP = {
  AutoScalingGroupName: 'g',
  AvailabilityZones: ['b', 'a'],
  TerminationPolicies: ['arn', 'Default'],
  SuspendedProcesses: [{ ProcessName: 'Launch', SuspensionReason: 'User suspended' }],
};
const HOOK = {
  LifecycleHookName: 'etcd-autopilot-launch',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  HeartbeatTimeout: 1_800,
  GlobalTimeout: 172_800,
  DefaultResult: 'ABANDON',
};

beforeEach(() => {
  aws.reset();
  aws.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [Object(GROUP)] });
  aws.on(DescribeLifecycleHooksCommand).resolves({ LifecycleHooks: [HOOK] });
});

test('the settings are what a person or a stack may have set otherwise, with whole hooks', async () => {
  expect(await port.read('g')).toEqual({
    terminationPolicies: ['arn', 'Default'],
    suspended: [{ process: 'Launch', reason: 'User suspended' }],
    zones: ['a', 'b'],
    hooks: [TEMPLATE_HOOKS[0]],
  });
});

test('a group that is not there is none, and one that cannot be read is unknown', async () => {
  aws.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
  expect(await port.read('g')).toBeNull();
  aws.on(DescribeLifecycleHooksCommand).rejects(throttled());
  await expectFailure(port.read('g'), 'AWS_THROTTLED', 'nextLook');
  aws.on(DescribeLifecycleHooksCommand).resolves({});
  await expectFailure(port.read('g'), 'AWS_UNAVAILABLE', 'nextLook');
});

test('a hook is put back with everything that it had', async () => {
  aws.on(PutLifecycleHookCommand).resolves({});
  const target = {
    metadata: 'm',
    target: 'arn:aws:sns:eu-west-1:123456789012:t',
    role: 'arn:aws:iam::1:role/r',
  };
  for (const hook of TEMPLATE_HOOKS) await port.putHook('g', { ...hook, ...target });
  await port.putHook('g', { ...TEMPLATE_HOOKS[0], ...HOOK_OF_NOBODY });
  const inputs = aws.commandCalls(PutLifecycleHookCommand).map(({ args }) => args[0].input);
  expect(inputs[1]).toEqual({
    AutoScalingGroupName: 'g',
    LifecycleHookName: 'etcd-autopilot-terminate',
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    HeartbeatTimeout: 1_800,
    DefaultResult: 'ABANDON',
    NotificationMetadata: 'm',
    NotificationTargetARN: target.target,
    RoleARN: target.role,
  });
  expect(inputs[2]).not.toHaveProperty('RoleARN');
});

const HOOK_OF_NOBODY = {
  name: 'etcd-autopilot-launch',
  transition: 'launch',
  heartbeatSeconds: 900,
  result: 'CONTINUE',
  metadata: null,
  target: null,
  role: null,
} as const;
