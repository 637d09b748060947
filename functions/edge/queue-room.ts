import type { Context, SQSBatchResponse } from 'aws-lambda';
import { isRecord } from '../core/json.ts';
import type { CallCounter } from './call-counter.ts';
import { errorFields, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** What every room has that works on the messages of a queue; made once per cold start. */
export interface QueueRoom {
  /** Change nothing. */
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
}

/** One message of the queue, with the cluster that its group id names. */
export interface Message {
  readonly cluster: string;
  readonly body: string;
}

/** What every line about one message has. */
export interface About {
  readonly requestId: string;
  readonly cluster: string;
}

type Voice = Pick<QueueRoom, 'logger' | 'metrics'>;

/** No message ever comes back: its cluster would be blocked, and what is due is asked for again anyway. */
const ACKNOWLEDGED: SQSBatchResponse = { batchItemFailures: [] };

/**
 * Works on the records of a batch one after the other, and acknowledges all of them whatever happened: the outermost
 * edge, which tells of what `work` fails with, whatever it is, and raises the alarm.
 */
export const oneByOne =
  <Room extends Voice, Own extends Pick<Message, 'cluster'>>(
    read: (record: unknown) => Own,
    work: (room: Room, message: Own, context: Context) => Promise<void>,
  ) =>
  async (room: Room, records: readonly unknown[], context: Context): Promise<SQSBatchResponse> => {
    for (const message of records.map(read)) {
      try {
        await work(room, message, context);
      } catch (error) {
        tellFailed(room, { requestId: context.awsRequestId, cluster: message.cluster }, error);
      }
    }
    return ACKNOWLEDGED;
  };

function tellFailed({ logger, metrics }: Voice, { requestId, cluster }: About, error: unknown): void {
  logger.error({ event: 'room.failed', requestId, cluster, outcome: 'failed', ...errorFields(error) });
  metrics.emit(cluster, { RoomFailed: 1 });
}

/** The records of a queue's event; `null` for every other event. */
export function recordsIn(event: unknown): readonly unknown[] | null {
  const records = isRecord(event) ? event['Records'] : undefined;
  return isList(records) ? records : null;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Empty where a record does not say. */
export function toMessage(record: unknown): Message {
  const fields = isRecord(record) ? record : {};
  const attributes = isRecord(fields['attributes']) ? fields['attributes'] : {};
  const { MessageGroupId: cluster } = attributes;
  const { body } = fields;
  return {
    cluster: typeof cluster === 'string' ? cluster : '',
    body: typeof body === 'string' ? body : '',
  };
}

/** Tells of a message that nobody can read. */
export function tellUnreadable({ logger, metrics }: Voice, about: About, because: string): void {
  const { requestId, cluster } = about;
  logger.warn({ event: 'message.unreadable', requestId, cluster, because });
  metrics.emit(cluster, { MessageUnreadable: 1 });
}

/** Tells of work that was not over when its time was. */
export function tellLate({ logger, metrics }: Voice, about: About, durationMs: number): void {
  const { requestId, cluster } = about;
  logger.error({ event: 'room.failed', requestId, cluster, outcome: 'late', durationMs });
  metrics.emit(cluster, { RoomFailed: 1 });
}
