import type { Context, SQSBatchResponse } from 'aws-lambda';
import { parseVerify, type SnapshotPlace } from '../core/backup/messages.ts';
import { isRecord } from '../core/json.ts';
import { CLUSTER_NAME } from '../core/names.ts';
import type { CallCounter } from '../edge/call-counter.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { VerificationAws } from '../edge/wiring-verification.ts';
import { verify } from '../engine/verification/verify.ts';
import { metricsOf, tellReport } from './telling.ts';

/** What the room works with; made once per cold start. */
export interface VerificationRoom {
  readonly ports: VerificationAws;
  /** Write nothing. */
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
}

/** For ending etcd, deleting two gigabytes and telling what came of it, before Lambda stops the process. */
const RESERVE_MS = 30_000;

/** No message ever comes back: the next snapshot is verified anyway. */
const ACKNOWLEDGED: SQSBatchResponse = { batchItemFailures: [] };

export async function workOnBatch(
  room: VerificationRoom,
  records: readonly unknown[],
  context: Context,
): Promise<SQSBatchResponse> {
  for (const record of records) await workOnRecord(room, bodyOf(record), context);
  return ACKNOWLEDGED;
}

function bodyOf(record: unknown): string {
  const body = isRecord(record) ? record['body'] : undefined;
  return typeof body === 'string' ? body : '';
}

async function workOnRecord(room: VerificationRoom, body: string, context: Context): Promise<void> {
  const { logger, metrics, ports } = room;
  const requestId = context.awsRequestId;
  const parsed = parseVerify(body);
  const cluster = parsed.ok ? parsed.cluster : '';
  try {
    if (parsed.ok && CLUSTER_NAME.test(cluster)) return await work(room, cluster, parsed.place, context);
    const because = parsed.ok ? 'the cluster has no name of one' : parsed.reason;
    logger.warn({ event: 'message.unreadable', requestId, because });
    await ports.queue.keepUnreadable('unreadable', body, because);
  } catch (error) {
    // The outermost edge: whatever it is, it is told, alarmed on, and the message is done with.
    logger.error({ event: 'room.failed', requestId, cluster, outcome: 'failed', ...errorFields(error) });
    metrics.emit(cluster, { RoomFailed: 1 });
  }
}

async function work(
  room: VerificationRoom,
  cluster: string,
  place: SnapshotPlace,
  context: Context,
): Promise<void> {
  const { ports, logger, metrics, dryRun } = room;
  const about = { requestId: context.awsRequestId, cluster, name: place.key };
  if (dryRun) return logger.info({ event: 'verification.finished', ...about, outcome: 'dryRun' });
  const startedAtMs = ports.clock.nowMs();
  const untilMs = startedAtMs + context.getRemainingTimeInMillis() - RESERVE_MS;
  const report = await verify({ ports, cluster, place, nonce: context.awsRequestId, untilMs });
  const durationMs = ports.clock.nowMs() - startedAtMs;
  tellReport(logger, about, report, durationMs, room.takeCalls());
  const values = metricsOf(report, durationMs);
  if (Object.keys(values).length > 0) metrics.emit(cluster, values);
}
