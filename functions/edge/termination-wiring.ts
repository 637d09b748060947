import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createLeavingPort } from '../adapters/autoscaling-leaving.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { createDeletionPort, type DeletionPort } from '../adapters/cloudformation.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import { createNamedPort } from '../adapters/ssm-named.ts';
import type { QueuePort } from '../core/ports.ts';
import type { LeavingPort, NamedPort } from '../core/termination/ports.ts';
import type { Environment } from './environment.ts';

export interface TerminationPorts {
  readonly groups: LeavingPort;
  readonly parameters: NamedPort;
  readonly stacks: DeletionPort;
  readonly queue: QueuePort;
}

/** The platform waits for two seconds in all: a call that is not answered in one would come too late. */
const CALL_MS_MAX = 1_000;
const SETTINGS = {
  maxAttempts: 2,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 500, requestTimeout: CALL_MS_MAX, throwOnRequestTimeout: true },
};

/** What the termination policy reaches; apart from the others' wiring, so that as little as possible is loaded. */
export function connectTermination(environment: Environment, onCall?: OnCall): TerminationPorts {
  return {
    groups: createLeavingPort(new AutoScalingClient(SETTINGS), CALL_MS_MAX, onCall),
    parameters: createNamedPort(new SSMClient(SETTINGS), CALL_MS_MAX, onCall),
    stacks: createDeletionPort(new CloudFormationClient(SETTINGS), CALL_MS_MAX, onCall),
    queue: createQueuePort(new SQSClient(SETTINGS), environment, onCall),
  };
}
