import type { OnCall } from '../adapters/aws-calls.ts';
import type { RecoveryPort } from '../core/recovery/port.ts';
import type { CareEnvironment } from './care-environment.ts';
import { connectQueues } from './queues.ts';

/** What only membership reaches: the queue of backup, which captures a survivor's database. */
export function connectRecovery(environment: CareEnvironment, onCall?: OnCall): RecoveryPort {
  const { snapshotBucket, backupQueueUrl } = environment;
  const queue = connectQueues(environment, onCall)(backupQueueUrl);
  return {
    bucketName: (bucket) => bucket ?? snapshotBucket,
    askForCapture: (cluster, body) => queue.askForLook(cluster, body),
  };
}
