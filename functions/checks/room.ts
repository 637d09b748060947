import type { Context, SQSBatchResponse } from 'aws-lambda';
import { parseCheck } from '../core/checks/request.ts';
import { isRecord } from '../core/json.ts';
import type { CallCounter } from '../edge/call-counter.ts';
import { within } from '../edge/deadline.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { ChecksPorts } from '../engine/checks/ports.ts';
import { type ChecksReport, runChecks } from '../engine/checks/round.ts';
import type { Told } from './telling.ts';
import { tellRound } from './telling.ts';

/** What the room works with; made once per cold start. */
export interface ChecksRoom {
  readonly ports: ChecksPorts;
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
  readonly told: Told;
}

/** Kept back so that the report is written before Lambda stops the process. */
export const RESERVE_MS = 4_000;

const LATE = { kind: 'late' } as const;

/** No message ever comes back: its cluster would be blocked, and the next minute comes anyway. */
const ACKNOWLEDGED: SQSBatchResponse = { batchItemFailures: [] };

export async function workOnBatch(
  room: ChecksRoom,
  records: readonly unknown[],
  context: Context,
): Promise<SQSBatchResponse> {
  for (const record of records) await workOn(room, record, context);
  return ACKNOWLEDGED;
}

async function workOn(room: ChecksRoom, record: unknown, context: Context): Promise<void> {
  const { cluster, body } = toMessage(record);
  const fields = { requestId: context.awsRequestId, cluster };
  const { logger, metrics, ports } = room;
  try {
    const parsed = parseCheck(cluster, body);
    if (!parsed.ok) {
      logger.warn({ event: 'message.unreadable', ...fields, because: parsed.reason });
      metrics.emit(cluster, { MessageUnreadable: 1 });
      return await ports.queue.keepUnreadable(cluster, body, parsed.reason);
    }
    await runRound(room, cluster, context);
  } catch (error) {
    // The outermost edge: whatever it is, it is told, alarmed on, and the message is done with.
    logger.error({ event: 'room.failed', ...fields, outcome: 'failed', ...errorFields(error) });
    metrics.emit(cluster, { RoomFailed: 1 });
  }
}

async function runRound(room: ChecksRoom, cluster: string, context: Context): Promise<void> {
  const { clock } = room.ports;
  const { awsRequestId: requestId } = context;
  const startedAtMs = clock.nowMs();
  const budgetMs = context.getRemainingTimeInMillis() - RESERVE_MS;
  const work = runChecks(room.ports, {
    cluster,
    owner: requestId,
    deadlineMs: startedAtMs + budgetMs,
    mode: room.dryRun ? 'look' : 'act',
  });
  // A round ends by itself well before: this is for a world in which every call takes its whole deadline.
  const report = await within<ChecksReport | typeof LATE>(budgetMs, work, () => LATE);
  const durationMs = clock.nowMs() - startedAtMs;
  if (!('kind' in report)) return tellRound(room, { requestId, cluster }, report, durationMs);
  room.logger.error({ event: 'room.failed', requestId, cluster, outcome: 'late', durationMs });
  room.metrics.emit(cluster, { RoomFailed: 1 });
}

function toMessage(record: unknown): { readonly cluster: string; readonly body: string } {
  const fields = isRecord(record) ? record : {};
  const attributes = isRecord(fields['attributes']) ? fields['attributes'] : {};
  const { MessageGroupId: cluster } = attributes;
  const { body } = fields;
  return {
    cluster: typeof cluster === 'string' ? cluster : '',
    body: typeof body === 'string' ? body : '',
  };
}
