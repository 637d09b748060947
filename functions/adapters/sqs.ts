import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueuePort } from '../core/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';

const SEND = 'sqs:SendMessage';

/** JSON text needs at most 6 bytes for one character of it: far below the 256 KB of a message. */
const KEPT_CHARS_MAX = 32_000;
const REASON_CHARS_MAX = 1_000;

export interface QueueUrls {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** Both queues are FIFO with content-based deduplication; the group id is the cluster. */
export function createQueuePort(client: SQSClient, urls: QueueUrls, onCall?: OnCall): QueuePort {
  const call = createCall(onCall);
  const send = async (QueueUrl: string, cluster: string, MessageBody: string): Promise<void> => {
    const command = new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: cluster });
    await call(SEND, (options) => client.send(command, options), { cluster });
  };
  return {
    askForLook: (cluster, body) => send(urls.queueUrl, cluster, body),
    keepUnreadable: (cluster, body, reason) =>
      send(urls.deadLetterQueueUrl, cluster, encodeUnreadable(body, reason)),
  };
}

const encodeUnreadable = (body: string, reason: string): string =>
  JSON.stringify({ reason: reason.slice(0, REASON_CHARS_MAX), body: body.slice(0, KEPT_CHARS_MAX) });
