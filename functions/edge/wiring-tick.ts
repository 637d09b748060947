import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { createClusterPort } from '../adapters/autoscaling-clusters.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createScheduleLook } from '../adapters/eventbridge-rules.ts';
import type { TickPorts } from '../core/tick.ts';
import type { ChecksEnvironment } from './care-environment.ts';
import { eitherWay } from './either-way.ts';
import { connectQueues } from './queues.ts';

/** What the minute reaches: the list of clusters, and the queues of those who look after each. */
export function connectTick(environment: ChecksEnvironment, onCall?: OnCall): TickPorts {
  const queueAt = connectQueues(environment, onCall);
  return {
    clusters: eitherWay(
      createClusterPort(new AutoScalingClient(CLIENT_SETTINGS), onCall),
      createScheduleLook(new EventBridgeClient(CLIENT_SETTINGS), onCall),
    ),
    send: {
      check: queueAt(environment.checksQueueUrl).askForLook,
      backup: queueAt(environment.backupQueueUrl).askForLook,
    },
  };
}
