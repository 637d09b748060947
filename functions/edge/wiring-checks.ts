import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createGroupSettingsPort } from '../adapters/autoscaling-group-settings.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createEventPort } from '../adapters/eventbridge.ts';
import { createRulePort } from '../adapters/eventbridge-rules.ts';
import { createSightPort } from '../adapters/s3.ts';
import { createParameterKeep } from '../adapters/ssm.ts';
import { createSecretPort } from '../adapters/ssm-secrets.ts';
import type { ChecksSidePorts } from '../core/checks/ports.ts';
import type { ChecksEnvironment } from './care-environment.ts';
import { connectQueues } from './queues.ts';
import type { AwsPorts } from './wiring.ts';
import { connectLook, notMadeBy } from './wiring-look.ts';

const notMade = notMadeBy('checks change no cluster');

type ChecksAws = AwsPorts & Omit<ChecksSidePorts, 'openScrutiny'>;

/** What checks reach of AWS: they look with the code of membership, and change next to nothing. */
export function connectChecks(environment: ChecksEnvironment, onCall?: OnCall): ChecksAws {
  const scaling = new AutoScalingClient(CLIENT_SETTINGS);
  const events = new EventBridgeClient(CLIENT_SETTINGS);
  const ssm = new SSMClient(CLIENT_SETTINGS);
  const s3 = new S3Client(CLIENT_SETTINGS);
  const { queueUrl, checksQueueUrl, snapshotBucket } = environment;
  return {
    ...connectLook(scaling, notMade, onCall),
    parameters: { ...createParameterKeep(ssm, onCall), remove: notMade('remove') },
    secrets: createSecretPort(ssm, onCall),
    queue: connectQueues(environment, onCall)(checksQueueUrl),
    events: createEventPort(events, onCall),
    settings: createGroupSettingsPort(scaling, onCall),
    rules: createRulePort(events, queueUrl, onCall),
    objectsIn: (bucket) => createSightPort(s3, bucket ?? snapshotBucket, onCall),
  };
}
