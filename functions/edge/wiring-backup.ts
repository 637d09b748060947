import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createGroupLook } from '../adapters/autoscaling-look.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createMachinePort } from '../adapters/ec2.ts';
import { createEventPort } from '../adapters/eventbridge.ts';
import { createObjectPort, OBJECT_CLIENT_SETTINGS } from '../adapters/s3.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import { createParameterKeep } from '../adapters/ssm.ts';
import { createSecretPort } from '../adapters/ssm-secrets.ts';
import type { SecretPort } from '../core/access.ts';
import type { ObjectPort } from '../core/backup/object-port.ts';
import type { EventPort, MachinePort, ParameterPort, QueuePort, ScalingPort } from '../core/ports.ts';
import type { BackupEnvironment } from './care-environment.ts';

export interface BackupAws {
  readonly scaling: Pick<ScalingPort, 'listGroups'>;
  readonly machines: Pick<MachinePort, 'describe'>;
  readonly parameters: Pick<ParameterPort, 'readAll' | 'create' | 'write'>;
  readonly secrets: SecretPort;
  readonly events: EventPort;
  readonly membership: Pick<QueuePort, 'askForLook'>;
  readonly queue: QueuePort;
  readonly verification: Pick<QueuePort, 'askForLook'>;
  openBucket(name: string): ObjectPort;
  readonly ownBucket: string;
}

/** Everything of AWS that backups reach; etcd comes apart (connect-etcd.ts). */
export function connectBackup(environment: BackupEnvironment, onCall?: OnCall): BackupAws {
  const { queueUrl, backupQueueUrl, verificationQueueUrl, snapshotBucket } = environment;
  const sqs = new SQSClient(CLIENT_SETTINGS);
  const queueAt = (url: string): QueuePort => createQueuePort(sqs, { ...environment, queueUrl: url }, onCall);
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
    openBucket: (name) => createObjectPort(s3, name, onCall),
    ownBucket: snapshotBucket,
  };
}
