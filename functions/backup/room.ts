import type { Context } from 'aws-lambda';
import { type BackupMessage, parseBackupMessage } from '../core/backup/messages.ts';
import { CLUSTER_NAME } from '../core/names.ts';
import { orLate } from '../edge/deadline.ts';
import { type Message, oneByOne, type QueueRoom, tellUnreadable, toMessage } from '../edge/queue-room.ts';
import type { BackupPorts } from '../engine/backup/ports.ts';
import { runBackup } from '../engine/backup/run.ts';
import { metricsOf, tellReport } from './telling.ts';

export interface BackupRoom extends QueueRoom {
  readonly ports: BackupPorts;
}

/** Kept back so that the report is written before Lambda stops the process. */
const RESERVE_MS = 5_000;

export const workOnBatch = oneByOne(toMessage, workOnMessage);

async function workOnMessage(room: BackupRoom, message: Message, context: Context): Promise<void> {
  const { cluster, body } = message;
  const parsed = parseMessage(cluster, body);
  if (parsed.ok) return work(room, cluster, parsed.message, context);
  tellUnreadable(room, { requestId: context.awsRequestId, cluster }, parsed.reason);
  await room.ports.queue.keepUnreadable(cluster, body, parsed.reason);
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
  const report = await orLate(deadlineMs - startedAtMs, runBackup(turn, message));
  const durationMs = ports.clock.nowMs() - startedAtMs;
  tellReport(logger, about, report, durationMs, room.takeCalls());
  const values = metricsOf(report, durationMs);
  if (Object.keys(values).length > 0) metrics.emit(cluster, values);
}
