import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createGroupLook } from '../adapters/autoscaling-look.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createDeletionPort } from '../adapters/cloudformation.ts';
import { createMachinePort } from '../adapters/ec2.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import { createParameterLook } from '../adapters/ssm.ts';
import { createSecretPort } from '../adapters/ssm-secrets.ts';
import { InvariantError } from '../core/errors.ts';
import type { RebootEnvironment } from './environment.ts';
import type { AwsPorts } from './wiring.ts';

/** Of one question to CloudFormation, with all its attempts. */
const STACK_MS_MAX = 5_000;

/** What the gate for reboots reaches of AWS: it looks with the code of membership, and changes nothing there. */
export function connectReboots(environment: RebootEnvironment, onCall?: OnCall): AwsPorts {
  const groups = createGroupLook(new AutoScalingClient(CLIENT_SETTINGS), onCall);
  const parameters = createParameterLook(new SSMClient(CLIENT_SETTINGS), onCall);
  const stacks = createDeletionPort(new CloudFormationClient(CLIENT_SETTINGS), STACK_MS_MAX, onCall);
  return {
    scaling: {
      ...groups,
      heartbeat: notMade('heartbeat'),
      complete: notMade('complete'),
      reportUnhealthy: notMade('reportUnhealthy'),
      endInstance: notMade('endInstance'),
      cancelRefresh: notMade('cancelRefresh'),
      tagGroup: notMade('tagGroup'),
    },
    machines: createMachinePort(new EC2Client(CLIENT_SETTINGS), onCall),
    stacks: { ...stacks, signal: notMade('signal') },
    parameters: {
      ...parameters,
      create: notMade('create'),
      write: notMade('write'),
      remove: notMade('remove'),
    },
    secrets: createSecretPort(new SSMClient(CLIENT_SETTINGS), onCall),
    queue: createQueuePort(new SQSClient(CLIENT_SETTINGS), environment, onCall),
    events: { publish: notMade('publish') },
  };
}

/** A call that no look makes. */
const notMade = (name: string) => (): Promise<never> =>
  Promise.reject(new InvariantError(`a look changes nothing, and asked for ${name}`));
