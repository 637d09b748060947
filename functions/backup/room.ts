import type { Context, SQSBatchResponse } from 'aws-lambda';
import { type BackupMessage, parseBackupMessage } from '../core/backup/messages.ts';
import { isRecord } from '../core/json.ts';
import { CLUSTER_NAME } from '../core/names.ts';
import type { CallCounter } from '../edge/call-counter.ts';
import { within } from '../edge/deadline.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { BackupPorts } from '../engine/backup/ports.ts';
import type { BackupReport } from '../engine/backup/report.ts';
import { runBackup } from '../engine/backup/run.ts';
import { metricsOf, tellReport } from './telling.ts';

/** What the room works with; made once per cold start. */
export interface BackupRoom {
  readonly ports: BackupPorts;
  /** Take and remove nothing. */
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
}

/** Kept back so that the report is written before Lambda stops the process. */
const RESERVE_MS = 5_000;

const LATE = { kind: 'late' } as const;

/** No message ever comes back: its cluster would be blocked, and the minute comes anyway. */
const ACKNOWLEDGED: SQSBatchResponse = { batchItemFailures: [] };

export async function workOnBatch(
  room: BackupRoom,
  records: readonly unknown[],
  context: Context,
): Promise<SQSBatchResponse> {
  for (const record of records) await workOnRecord(room, toMessage(record), context);
  return ACKNOWLEDGED;
}

interface Message {
  readonly cluster: string;
  readonly body: string;
}

function toMessage(record: unknown): Message {
  const fields = isRecord(record) ? record : {};
  const attributes = isRecord(fields['attributes']) ? fields['attributes'] : {};
  const { MessageGroupId: cluster } = attributes;
  const { body } = fields;
  return {
    cluster: typeof cluster === 'string' ? cluster : '',
    body: typeof body === 'string' ? body : '',
  };
}

async function workOnRecord(room: BackupRoom, { cluster, body }: Message, context: Context): Promise<void> {
  const { logger, metrics, ports } = room;
  const about = { requestId: context.awsRequestId, cluster };
  try {
    const parsed = parseMessage(cluster, body);
    if (parsed.ok) return await work(room, cluster, parsed.message, context);
    logger.warn({ event: 'message.unreadable', ...about, because: parsed.reason });
    metrics.emit(cluster, { MessageUnreadable: 1 });
    await ports.queue.keepUnreadable(cluster, body, parsed.reason);
  } catch (error) {
    // The outermost edge: whatever it is, it is told, alarmed on, and the message is done with.
    logger.error({ event: 'room.failed', ...about, outcome: 'failed', ...errorFields(error) });
    metrics.emit(cluster, { RoomFailed: 1 });
  }
}

const parseMessage = (cluster: string, body: string): ReturnType<typeof parseBackupMessage> =>
  CLUSTER_NAME.test(cluster)
    ? parseBackupMessage(body)
    : { ok: false, reason: 'the message group is not a cluster name' };

async function work(
  room: BackupRoom,
  cluster: string,
  message: BackupMessage,
  context: Context,
): Promise<void> {
  const { ports, logger, metrics } = room;
  const about = { requestId: context.awsRequestId, cluster, trigger: message.kind };
  if (room.dryRun) return logger.info({ event: 'backup.finished', ...about, outcome: 'dryRun' });
  const startedAtMs = ports.clock.nowMs();
  const deadlineMs = startedAtMs + context.getRemainingTimeInMillis() - RESERVE_MS;
  const turn = { ports, cluster, nonce: context.awsRequestId, deadlineMs };
  const report = await within<BackupReport | typeof LATE>(
    deadlineMs - startedAtMs,
    runBackup(turn, message),
    () => LATE,
  );
  const durationMs = ports.clock.nowMs() - startedAtMs;
  tellReport(logger, about, report, durationMs, room.takeCalls());
  const values = metricsOf(report, durationMs);
  if (Object.keys(values).length > 0) metrics.emit(cluster, values);
}
