import { S3Client } from '@aws-sdk/client-s3';
import type { OnCall } from '../adapters/aws-calls.ts';
import { createScratchPort } from '../adapters/etcd-tools/scratch.ts';
import { createTrialPort, OBJECT_CLIENT_SETTINGS } from '../adapters/s3.ts';
import type { QueuePort } from '../core/ports.ts';
import type { VerificationPorts } from '../core/verification/ports.ts';
import type { VerificationEnvironment } from './care-environment.ts';
import { systemClock } from './clock.ts';
import { connectQueues } from './queues.ts';

export interface VerificationAws extends VerificationPorts {
  /** For what nobody can work with. */
  readonly queue: QueuePort;
}

/** Everything that a verification reaches: S3, the queue of backup, and the etcd tools of its layer. */
export function connectVerification(environment: VerificationEnvironment, onCall?: OnCall): VerificationAws {
  const { backupQueueUrl, etcdToolsDir } = environment;
  const s3 = new S3Client(OBJECT_CLIENT_SETTINGS);
  const backup = connectQueues(environment, onCall)(backupQueueUrl);
  return {
    clock: systemClock,
    scratch: createScratchPort(etcdToolsDir, systemClock.nowMs),
    backup,
    queue: backup,
    openBucket: (name) => createTrialPort(s3, name, onCall),
  };
}
