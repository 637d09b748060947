import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { GateQueuePort } from '../core/gate/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';

const SEND = 'sqs:SendMessage';

/** Every request is a message group of its own: gates wait side by side, and a repetition behind the first. */
export function createGateQueuePort(client: SQSClient, queueUrl: string, onCall?: OnCall): GateQueuePort {
  const call = createCall(onCall);
  return {
    put: async (key, body) => {
      const command = new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageGroupId: key,
        MessageDeduplicationId: key,
      });
      await call(SEND, (options) => client.send(command, options), { queue: 'gate' });
    },
  };
}
