import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import { createParameterLook } from '../adapters/ssm.ts';
import { createSecretPort } from '../adapters/ssm-secrets.ts';
import type { RebootEnvironment } from './environment.ts';
import type { AwsPorts } from './wiring.ts';
import { connectLook, notMadeBy } from './wiring-look.ts';

const notMade = notMadeBy('a look changes nothing');

/** What the gate for reboots reaches of AWS: it looks with the code of membership, and changes nothing there. */
export function connectReboots(environment: RebootEnvironment, onCall?: OnCall): AwsPorts {
  const parameters = createParameterLook(new SSMClient(CLIENT_SETTINGS), onCall);
  return {
    ...connectLook(new AutoScalingClient(CLIENT_SETTINGS), notMade, onCall),
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
