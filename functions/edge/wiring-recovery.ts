import { SQSClient } from '@aws-sdk/client-sqs';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import type { RecoveryPort } from '../core/recovery/port.ts';
import type { CareEnvironment } from './care-environment.ts';

/** What only membership reaches: the queue of backup, which captures a survivor's database. */
export function connectRecovery(environment: CareEnvironment, onCall?: OnCall): RecoveryPort {
  const { snapshotBucket, backupQueueUrl: queueUrl } = environment;
  const queue = createQueuePort(new SQSClient(CLIENT_SETTINGS), { ...environment, queueUrl }, onCall);
  return {
    bucketName: (bucket) => bucket ?? snapshotBucket,
    askForCapture: (cluster, body) => queue.askForLook(cluster, body),
  };
}
