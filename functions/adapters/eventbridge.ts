import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { OperationError } from '../core/errors.ts';
import type { OutgoingEvent } from '../core/outgoing-event.ts';
import type { EventPort } from '../core/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';

const PUT = 'events:PutEvents';
const SOURCE = 'etcd-autopilot';
const EVENTS_PER_CALL = 10;

/** Events go to the account's default bus. Entries that EventBridge refuses make the call fail. */
export function createEventPort(client: EventBridgeClient, onCall?: OnCall): EventPort {
  const call = createCall(onCall);
  return {
    publish: async (events) => {
      for (let start = 0; start < events.length; start += EVENTS_PER_CALL) {
        const Entries = events.slice(start, start + EVENTS_PER_CALL).map(toEntry);
        const command = new PutEventsCommand({ Entries });
        const answer = await call(PUT, (options) => client.send(command, options));
        const failedCount = present(answer.FailedEntryCount, PUT, 'a count of failed entries');
        if (failedCount > 0) throw refusal(failedCount, answer.Entries ?? []);
      }
    },
  };
}

const toEntry = (event: OutgoingEvent) => ({
  Source: SOURCE,
  DetailType: event.detailType,
  Detail: JSON.stringify(event.detail),
});

function refusal(failedCount: number, entries: readonly PutEventsResultEntry[]): OperationError {
  const reason = entries.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode ?? 'no reason given';
  const code = /throttl/i.test(reason) ? 'AWS_THROTTLED' : 'AWS_UNAVAILABLE';
  const words = `${PUT} refused ${failedCount} events: ${reason}`;
  return new OperationError(code, 'nextLook', words, { call: PUT, failedCount });
}
