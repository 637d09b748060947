import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createGroupLook } from '../adapters/autoscaling-look.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createMachinePort } from '../adapters/ec2.ts';
import { createEventPort } from '../adapters/eventbridge.ts';
import { createObjectPort, OBJECT_CLIENT_SETTINGS } from '../adapters/s3.ts';
import { createParameterKeep } from '../adapters/ssm.ts';
import { createSecretPort } from '../adapters/ssm-secrets.ts';
import type { BackupEnvironment } from './care-environment.ts';
import { connectQueues } from './queues.ts';

/** Everything of AWS that backups reach (engine/backup/ports.ts says what of it); etcd comes apart (connect-etcd.ts). */
export function connectBackup(environment: BackupEnvironment, onCall?: OnCall) {
  const { queueUrl, backupQueueUrl, verificationQueueUrl, snapshotBucket } = environment;
  const queueAt = connectQueues(environment, onCall);
  const s3 = new S3Client({ ...OBJECT_CLIENT_SETTINGS });
  return {
    scaling: createGroupLook(new AutoScalingClient(CLIENT_SETTINGS), onCall),
    machines: createMachinePort(new EC2Client(CLIENT_SETTINGS), onCall),
    parameters: createParameterKeep(new SSMClient(CLIENT_SETTINGS), onCall),
    secrets: createSecretPort(new SSMClient(CLIENT_SETTINGS), onCall),
    events: createEventPort(new EventBridgeClient(CLIENT_SETTINGS), onCall),
    membership: queueAt(queueUrl),
    queue: queueAt(backupQueueUrl),
    verification: queueAt(verificationQueueUrl),
    openBucket: (name: string) => createObjectPort(s3, name, onCall),
    ownBucket: snapshotBucket,
  };
}
