import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createGroupSettingsPort } from '../adapters/autoscaling-group-settings.ts';
import { createGroupLook } from '../adapters/autoscaling-look.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createDeletionPort } from '../adapters/cloudformation.ts';
import { createMachinePort } from '../adapters/ec2.ts';
import { createEventPort } from '../adapters/eventbridge.ts';
import { createRulePort } from '../adapters/eventbridge-rules.ts';
import { createSightPort } from '../adapters/s3.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import { createParameterKeep } from '../adapters/ssm.ts';
import { createSecretPort } from '../adapters/ssm-secrets.ts';
import type { ChecksSidePorts } from '../core/checks/ports.ts';
import { InvariantError } from '../core/errors.ts';
import type { ChecksEnvironment } from './care-environment.ts';
import type { AwsPorts } from './wiring.ts';

/** Of one question to CloudFormation, with all its attempts. */
const STACK_MS_MAX = 5_000;

type ChecksAws = AwsPorts & Omit<ChecksSidePorts, 'openScrutiny'>;

/** What checks reach of AWS: they look with the code of membership, and change next to nothing. */
export function connectChecks(environment: ChecksEnvironment, onCall?: OnCall): ChecksAws {
  const scaling = new AutoScalingClient(CLIENT_SETTINGS);
  const events = new EventBridgeClient(CLIENT_SETTINGS);
  const ssm = new SSMClient(CLIENT_SETTINGS);
  const s3 = new S3Client(CLIENT_SETTINGS);
  const stacks = createDeletionPort(new CloudFormationClient(CLIENT_SETTINGS), STACK_MS_MAX, onCall);
  const { queueUrl, checksQueueUrl, snapshotBucket } = environment;
  return {
    scaling: {
      ...createGroupLook(scaling, onCall),
      heartbeat: notMade('heartbeat'),
      complete: notMade('complete'),
      reportUnhealthy: notMade('reportUnhealthy'),
      endInstance: notMade('endInstance'),
      cancelRefresh: notMade('cancelRefresh'),
      tagGroup: notMade('tagGroup'),
    },
    machines: createMachinePort(new EC2Client(CLIENT_SETTINGS), onCall),
    stacks: { ...stacks, signal: notMade('signal') },
    parameters: { ...createParameterKeep(ssm, onCall), remove: notMade('remove') },
    secrets: createSecretPort(ssm, onCall),
    queue: createQueuePort(
      new SQSClient(CLIENT_SETTINGS),
      { ...environment, queueUrl: checksQueueUrl },
      onCall,
    ),
    events: createEventPort(events, onCall),
    settings: createGroupSettingsPort(scaling, onCall),
    rules: createRulePort(events, queueUrl, onCall),
    objectsIn: (bucket) => createSightPort(s3, bucket ?? snapshotBucket, onCall),
  };
}

/** A call that no round of checks makes. */
const notMade = (name: string) => (): Promise<never> =>
  Promise.reject(new InvariantError(`checks change no cluster, and asked for ${name}`));
