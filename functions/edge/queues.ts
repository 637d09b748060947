import { SQSClient } from '@aws-sdk/client-sqs';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import type { QueuePort } from '../core/ports.ts';
import type { Environment } from './environment.ts';

/** Queues by their address, with the dead-letter queue of the environment; one client for all of them. */
export function connectQueues(environment: Environment, onCall?: OnCall): (queueUrl: string) => QueuePort {
  const client = new SQSClient(CLIENT_SETTINGS);
  return (queueUrl) => createQueuePort(client, { ...environment, queueUrl }, onCall);
}
