/**
 * Every call that an adapter makes, by port, named as IAM names it. A test drives
 * the adapters and compares; another compares the packaged policies with it.
 */
export const PORT_CALLS = {
  scaling: [
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribeWarmPool',
    'autoscaling:DescribeLifecycleHooks',
    'autoscaling:DescribeScalingActivities',
    'autoscaling:RecordLifecycleActionHeartbeat',
    'autoscaling:CompleteLifecycleAction',
    'autoscaling:CreateOrUpdateTags',
    'autoscaling:SetInstanceHealth',
    'autoscaling:TerminateInstanceInAutoScalingGroup',
  ],
  machines: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeSpotInstanceRequests'],
  stacks: ['cloudformation:DescribeStackResource'],
  parameters: ['ssm:GetParametersByPath', 'ssm:PutParameter', 'ssm:DeleteParameters'],
  secrets: ['ssm:GetParameters'],
  queue: ['sqs:SendMessage'],
  events: ['events:PutEvents'],
} as const;

export type AwsCall = (typeof PORT_CALLS)[keyof typeof PORT_CALLS][number];

/** Every call that a function can make, by the function's name. */
export const AWS_CALLS = {
  membership: Object.values(PORT_CALLS).flat(),
  'custom-resources': [...PORT_CALLS.parameters, ...PORT_CALLS.queue],
} as const satisfies Readonly<Record<string, readonly AwsCall[]>>;

/** Told of every call as it starts, so that calls per pass can be counted by API. */
export type OnCall = (call: AwsCall) => void;
