import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createStackStatusPort } from '../adapters/cloudformation-status.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import { createNamedPort } from '../adapters/ssm-named.ts';
import type { StackStatusPort } from '../core/gate/ports.ts';
import type { QueuePort } from '../core/ports.ts';
import type { NamedPort } from '../core/termination/ports.ts';
import type { Environment } from './environment.ts';

export interface GatePorts {
  readonly named: NamedPort;
  readonly stackStatus: StackStatusPort;
  /** Of membership. */
  readonly queue: QueuePort;
  /** Membership only looks and publishes nothing, so that no look is ever answered. */
  readonly isDry?: boolean;
}

/** One reading of several: with all its attempts it may take no more of a receive. */
const READ_DEADLINE_MS = 3_000;

/** Everything of AWS that a gate reaches. */
export const connectGate = (environment: Environment, onCall?: OnCall): GatePorts => ({
  named: createNamedPort(new SSMClient(CLIENT_SETTINGS), READ_DEADLINE_MS, onCall),
  stackStatus: createStackStatusPort(new CloudFormationClient(CLIENT_SETTINGS), onCall),
  queue: createQueuePort(new SQSClient(CLIENT_SETTINGS), environment, onCall),
  isDry: environment.dryRun,
});
