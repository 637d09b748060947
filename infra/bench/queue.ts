import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Place } from '../local/stacks.ts';

const ASK_EVERY_MS = 50;

/** The queue of the membership function: what passes log is there when it is empty. */
export interface Queue {
  /** Whether no message waits or is worked on, at the latest after so long. */
  untilIdle(limitMs: number): Promise<boolean>;
  close(): void;
}

export function openQueue({ endpoint, region }: Place, name: string): Queue {
  const client = new SQSClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const waitingCount = async (): Promise<number> => {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
    const answer = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: taken } =
      answer.Attributes ?? {};
    return Number(visible) + Number(taken);
  };
  return {
    untilIdle: async (limitMs) => {
      const untilMs = performance.now() + limitMs;
      while (performance.now() < untilMs) {
        if ((await waitingCount()) === 0) return true;
        await sleep(ASK_EVERY_MS);
      }
      return false;
    },
    close: () => client.destroy(),
  };
}
