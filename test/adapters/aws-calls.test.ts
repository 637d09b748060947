import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import { createScalingPort } from '../../functions/adapters/autoscaling.ts';
import { createClusterPort } from '../../functions/adapters/autoscaling-clusters.ts';
import { createGroupSettingsPort } from '../../functions/adapters/autoscaling-group-settings.ts';
import { createJoinedPort } from '../../functions/adapters/autoscaling-joined.ts';
import { createLeavingPort } from '../../functions/adapters/autoscaling-leaving.ts';
import { createGroupLook } from '../../functions/adapters/autoscaling-look.ts';
import { AWS_CALLS, type OnCall, PORT_CALLS } from '../../functions/adapters/aws-calls.ts';
import { createDeletionPort, createStackPort } from '../../functions/adapters/cloudformation.ts';
import { createStackStatusPort } from '../../functions/adapters/cloudformation-status.ts';
import { createMachinePort } from '../../functions/adapters/ec2.ts';
import { createNoticePort } from '../../functions/adapters/ec2-endings.ts';
import { createHostPort } from '../../functions/adapters/ec2-hosts.ts';
import { createEventPort } from '../../functions/adapters/eventbridge.ts';
import { createRulePort } from '../../functions/adapters/eventbridge-rules.ts';
import { createZoneLookup, createZonePort } from '../../functions/adapters/route53.ts';
import {
  createObjectLook,
  createObjectPort,
  createSightPort,
  createTrialPort,
} from '../../functions/adapters/s3.ts';
import { createQueuePort } from '../../functions/adapters/sqs.ts';
import { createGateQueuePort } from '../../functions/adapters/sqs-gate.ts';
import {
  createParameterKeep,
  createParameterLook,
  createParameterPort,
} from '../../functions/adapters/ssm.ts';
import { createNamedPort } from '../../functions/adapters/ssm-named.ts';
import { createSecretPort } from '../../functions/adapters/ssm-secrets.ts';
import { TEMPLATE_HOOKS } from '../../functions/core/checks/judge-platform.ts';

const region = 'eu-west-1';
const hook = { groupName: 'g', hookName: 'h', instanceId: 'i-0000000a' };

/** Drives every method of a port once; failures do not matter, the calls do. */
async function callsOf(
  service: string,
  client: Parameters<typeof mockClient>[0],
  methods: (onCall: (call: string) => void) => readonly Promise<unknown>[],
  answer: object = {},
): Promise<{ readonly told: readonly string[]; readonly made: readonly string[] }> {
  const aws = mockClient(client);
  aws.onAnyCommand().resolves(answer);
  const told: string[] = [];
  await Promise.allSettled(methods((call) => told.push(call)));
  const made = aws
    .calls()
    .map(({ args }) => `${service}:${args[0].constructor.name.replace(/Command$/, '')}`);
  return { told, made };
}

const drives = {
  scaling: () => {
    const client = new AutoScalingClient({ region });
    const running = { InstanceRefreshes: [{ Status: 'InProgress', StartTime: new Date(0) }] };
    const methods = (onCall: (call: string) => void) => {
      const port = createScalingPort(client, onCall);
      return [
        port.listGroups('core'),
        port.listWarmPool('g'),
        port.listHooks('g'),
        port.listActivities('g'),
        port.heartbeat(hook),
        port.complete(hook, 'CONTINUE'),
        port.tagGroup('g', 'k', 'v'),
        port.reportUnhealthy('i-0000000a'),
        port.endInstance('i-0000000a'),
        port.cancelRefresh('g', 1),
      ];
    };
    return callsOf('autoscaling', client, methods, running);
  },
  joined: () => {
    const client = new AutoScalingClient({ region });
    return callsOf('autoscaling', client, (onCall) => {
      const port = createJoinedPort(client, onCall);
      return [
        port.listByCluster('core'),
        port.listByZone('Z1'),
        port.listWarmPool('g'),
        port.listHooks('g'),
        port.listActivities('g'),
        port.heartbeat(hook),
        port.complete(hook, 'CONTINUE'),
      ];
    });
  },
  hosts: () => {
    const client = new EC2Client({ region });
    return callsOf('ec2', client, (onCall) => [createHostPort(client, onCall).describeHosts(['i-0000000a'])]);
  },
  zones: () => {
    const client = new Route53Client({ region });
    return callsOf('route53', client, (onCall) => {
      const port = createZonePort(client, onCall);
      return [
        port.describeZone('Z1'),
        port.listName('Z1', 'web.example.com'),
        port.change('Z1', []),
        port.isInSync('C1'),
      ];
    });
  },
  zoneLookup: () => {
    const client = new Route53Client({ region });
    return callsOf('route53', client, (onCall) => {
      const port = createZoneLookup(client, onCall);
      return [port.describeZone('Z1'), port.listName('Z1', 'web.example.com')];
    });
  },
  notices: () => {
    const client = new EC2Client({ region });
    return callsOf('ec2', client, (onCall) => [createNoticePort(client, onCall).listEnding()]);
  },
  machines: () => {
    const client = new EC2Client({ region });
    return callsOf('ec2', client, (onCall) => {
      const port = createMachinePort(client, onCall);
      return [port.describe(['i-0000000a']), port.endings(['i-0000000a'])];
    });
  },
  stacks: () => {
    const client = new CloudFormationClient({ region });
    const resource = { stackName: 's', logicalId: 'Group', physicalId: 'g' };
    return callsOf('cloudformation', client, (onCall) => {
      const port = createStackPort(client, onCall);
      return [
        port.isDeleting(resource),
        port.signal({ ...resource, instanceId: 'i-0000000a', status: 'SUCCESS' }),
      ];
    });
  },
  groupLook: () => {
    const client = new AutoScalingClient({ region });
    return callsOf('autoscaling', client, (onCall) => {
      const port = createGroupLook(client, onCall);
      return [port.listGroups('core'), port.listWarmPool('g'), port.listHooks('g'), port.listActivities('g')];
    });
  },
  parameterLook: () => {
    const client = new SSMClient({ region });
    return callsOf('ssm', client, (onCall) => [createParameterLook(client, onCall).readAll('/a/')]);
  },
  leaving: () => {
    const client = new AutoScalingClient({ region });
    return callsOf('autoscaling', client, (onCall) => [
      createLeavingPort(client, 1_000, onCall).readGroup('g'),
    ]);
  },
  deletion: () => {
    const client = new CloudFormationClient({ region });
    const resource = { stackName: 's', logicalId: 'Group', physicalId: 'g' };
    return callsOf('cloudformation', client, (onCall) => [
      createDeletionPort(client, 1_000, onCall).isDeleting(resource),
    ]);
  },
  named: () => {
    const client = new SSMClient({ region });
    return callsOf('ssm', client, (onCall) => [createNamedPort(client, 1_000, onCall).read(['/a'])]);
  },
  parameters: () => {
    const client = new SSMClient({ region });
    return callsOf('ssm', client, (onCall) => {
      const port = createParameterPort(client, onCall);
      return [port.readAll('/a/'), port.create('/a', 'v'), port.write('/a', 'v'), port.remove(['/a'])];
    });
  },
  parameterKeep: () => {
    const client = new SSMClient({ region });
    return callsOf('ssm', client, (onCall) => {
      const port = createParameterKeep(client, onCall);
      return [port.readAll('/a/'), port.create('/a', 'v'), port.write('/a', 'v')];
    });
  },
  secrets: () => {
    const client = new SSMClient({ region });
    return callsOf('ssm', client, (onCall) => [createSecretPort(client, onCall).read(['/a'])]);
  },
  queue: () => {
    const client = new SQSClient({ region });
    return callsOf('sqs', client, (onCall) => {
      const port = createQueuePort(
        client,
        { queueUrl: 'https://q/a', deadLetterQueueUrl: 'https://q/b' },
        onCall,
      );
      return [port.askForLook('core', 'x'), port.keepUnreadable('core', 'x', 'y')];
    });
  },
  gateQueue: () => {
    const client = new SQSClient({ region });
    return callsOf('sqs', client, (onCall) => [
      createGateQueuePort(client, 'https://q/g', onCall).put('k', 'x'),
    ]);
  },
  stackStatus: () => {
    const client = new CloudFormationClient({ region });
    return callsOf('cloudformation', client, (onCall) => [
      createStackStatusPort(client, onCall).statusOf('arn:stack'),
    ]);
  },
  objects: () => objectCalls(),
  trial: () =>
    s3Calls((client, onCall) => {
      const port = createTrialPort(client, 'b', onCall);
      return [port.readText('k'), port.writeText('k', 'x'), port.list('k'), port.download('k')];
    }),
  objectLook: () =>
    s3Calls((client, onCall) => {
      const port = createObjectLook(client, 'b', onCall);
      return [port.readText('k'), port.list('k')];
    }),
  sight: () =>
    s3Calls((client, onCall) => {
      const port = createSightPort(client, 'b', onCall);
      return [port.readText('k'), port.writeText('k', 'x'), port.list('k')];
    }),
  clusters: () => {
    const client = new AutoScalingClient({ region });
    return callsOf('autoscaling', client, (onCall) => [createClusterPort(client, onCall).listClusters()]);
  },
  groupSettings: () => {
    const client = new AutoScalingClient({ region });
    return callsOf('autoscaling', client, (onCall) => {
      const port = createGroupSettingsPort(client, onCall);
      return [port.read('g'), ...TEMPLATE_HOOKS.slice(0, 1).map((own) => port.putHook('g', own))];
    });
  },
  rules: () => {
    const client = new EventBridgeClient({ region });
    const methods = (onCall: OnCall) => [createRulePort(client, 'https://q/a', onCall).listRules('core')];
    return callsOf('events', client, methods, { Rules: [{ Name: 'r' }], Targets: [] });
  },
  events: () => {
    const client = new EventBridgeClient({ region });
    return callsOf('events', client, (onCall) => [
      createEventPort(client, onCall).publish([{ detailType: 'Member Left', detail: { cluster: 'core' } }]),
    ]);
  },
};

/** S3's permissions have other names than the calls that they permit. */
const S3_PERMISSIONS: Readonly<Record<string, string>> = {
  ListObjectsV2: 'ListBucket',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  DeleteObjects: 'DeleteObject',
};

const objectCalls = () =>
  s3Calls((client, onCall) => {
    const port = createObjectPort(client, 'b', onCall);
    const pending = { key: 'k', uploadId: 'u', startedAtMs: 0 };
    async function* chunks(): AsyncIterable<Uint8Array> {
      yield Buffer.from('x');
    }
    return [
      port.readText('k'),
      port.writeText('k', 'x'),
      port.list('k'),
      port.remove(['k']),
      port.upload('k', chunks()),
      port.download('k'),
      port.listUploads('k'),
      port.abortUpload(pending),
    ];
  });

async function s3Calls(
  drive: (client: S3Client, onCall: OnCall) => readonly Promise<unknown>[],
): Promise<{ readonly told: readonly string[]; readonly made: readonly string[] }> {
  const client = new S3Client({ region });
  const answer = { UploadId: 'u', ETag: 'e', IsTruncated: false };
  const { told, made } = await callsOf('s3', client, (onCall) => drive(client, onCall), answer);
  const permission = (call: string): string => `s3:${S3_PERMISSIONS[call.slice(3)] ?? call.slice(3)}`;
  return { told: [...told].sort(), made: made.map(permission).sort() };
}

const PORTS = [
  ...(['scaling', 'joined', 'machines', 'hosts', 'zones', 'zoneLookup', 'notices', 'stacks'] as const),
  ...(['parameters', 'secrets', 'queue', 'events', 'gateQueue', 'stackStatus'] as const),
  ...(['leaving', 'deletion', 'named', 'groupLook', 'parameterLook', 'parameterKeep', 'objects'] as const),
  ...(['trial', 'objectLook', 'sight', 'clusters', 'groupSettings', 'rules'] as const),
];

test('every port is driven', () => {
  expect([...PORTS].sort()).toEqual(Object.keys(PORT_CALLS).sort());
});

test.each(PORTS)(
  'the list of calls of the %s port is what it calls, and each is told under its name',
  async (port) => {
    const { told, made } = await drives[port]();
    expect(told).toEqual(made);
    expect([...new Set(made)].sort()).toEqual([...PORT_CALLS[port]].sort());
  },
);

test('the custom resources reach parameters and queues, read what is in a zone and how their stack is, and nothing else', () => {
  expect([...AWS_CALLS['custom-resources']].sort()).toEqual([
    'cloudformation:DescribeStacks',
    'route53:GetHostedZone',
    'route53:ListResourceRecordSets',
    'sqs:SendMessage',
    'ssm:DeleteParameters',
    'ssm:GetParametersByPath',
    'ssm:PutParameter',
  ]);
});

test('a gate reads parameters by name and the state of a stack, asks for looks, and nothing else', () => {
  expect([...AWS_CALLS.gate].sort()).toEqual([
    'cloudformation:DescribeStacks',
    'sqs:SendMessage',
    'ssm:GetParameters',
  ]);
});
