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
    'autoscaling:DescribeInstanceRefreshes',
    'autoscaling:CancelInstanceRefresh',
  ],
  joined: [
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribeWarmPool',
    'autoscaling:DescribeLifecycleHooks',
    'autoscaling:DescribeScalingActivities',
    'autoscaling:RecordLifecycleActionHeartbeat',
    'autoscaling:CompleteLifecycleAction',
  ],
  machines: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeSpotInstanceRequests'],
  hosts: ['ec2:DescribeInstances'],
  notices: ['ec2:DescribeInstanceStatus', 'ec2:DescribeSpotInstanceRequests'],
  zones: [
    'route53:GetHostedZone',
    'route53:ListResourceRecordSets',
    'route53:ChangeResourceRecordSets',
    'route53:GetChange',
  ],
  zoneLookup: ['route53:GetHostedZone', 'route53:ListResourceRecordSets'],
  stacks: ['cloudformation:DescribeStackResource', 'cloudformation:SignalResource'],
  stackStatus: ['cloudformation:DescribeStacks'],
  groupLook: [
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribeWarmPool',
    'autoscaling:DescribeLifecycleHooks',
    'autoscaling:DescribeScalingActivities',
  ],
  parameterLook: ['ssm:GetParametersByPath'],
  parameterKeep: ['ssm:GetParametersByPath', 'ssm:PutParameter'],
  leaving: ['autoscaling:DescribeAutoScalingGroups'],
  clusters: ['autoscaling:DescribeAutoScalingGroups'],
  deletion: ['cloudformation:DescribeStackResource'],
  groupSettings: [
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribeLifecycleHooks',
    'autoscaling:PutLifecycleHook',
  ],
  rules: ['events:ListRules', 'events:ListTargetsByRule'],
  objectLook: ['s3:ListBucket', 's3:GetObject'],
  sight: ['s3:ListBucket', 's3:GetObject', 's3:PutObject'],
  trial: ['s3:ListBucket', 's3:GetObject', 's3:PutObject'],
  parameters: ['ssm:GetParametersByPath', 'ssm:PutParameter', 'ssm:DeleteParameters'],
  secrets: ['ssm:GetParameters'],
  named: ['ssm:GetParameters'],
  queue: ['sqs:SendMessage'],
  gateQueue: ['sqs:SendMessage'],
  events: ['events:PutEvents'],
  objects: [
    's3:ListBucket',
    's3:GetObject',
    's3:PutObject',
    's3:DeleteObject',
    's3:AbortMultipartUpload',
    's3:ListBucketMultipartUploads',
  ],
} as const;

export type AwsCall = (typeof PORT_CALLS)[keyof typeof PORT_CALLS][number];

const callsOf = (...ports: readonly (keyof typeof PORT_CALLS)[]): readonly AwsCall[] => [
  ...new Set(ports.flatMap((port) => PORT_CALLS[port])),
];

/** Every call that a function can make, by the function's name. */
export const AWS_CALLS = {
  membership: callsOf(
    'scaling',
    'machines',
    'stacks',
    'parameters',
    'secrets',
    'queue',
    'events',
    'objectLook',
  ),
  dns: callsOf('joined', 'hosts', 'notices', 'zones', 'parameters', 'queue'),
  registry: callsOf('joined', 'hosts', 'notices', 'parameters', 'secrets', 'queue'),
  gate: callsOf('named', 'stackStatus', 'queue'),
  'custom-resources': callsOf('parameters', 'queue', 'gateQueue', 'stackStatus', 'zoneLookup'),
  'reboot-gate': callsOf('groupLook', 'machines', 'deletion', 'parameterLook', 'secrets', 'queue'),
  'termination-policy': callsOf('leaving', 'named', 'deletion', 'queue'),
  checks: callsOf(
    'clusters',
    'groupLook',
    'machines',
    'deletion',
    'parameterKeep',
    'secrets',
    'queue',
    'events',
    'groupSettings',
    'rules',
    'sight',
  ),
  backup: callsOf('groupLook', 'machines', 'parameterKeep', 'secrets', 'queue', 'events', 'objects'),
  verification: callsOf('trial', 'queue'),
} as const satisfies Readonly<Record<string, readonly AwsCall[]>>;

/** Told of every call as it starts, so that calls per pass can be counted by API. */
export type OnCall = (call: AwsCall) => void;
