import type { Context } from 'aws-lambda';
import { parseVerify, type SnapshotPlace } from '../core/backup/messages.ts';
import { CLUSTER_NAME } from '../core/names.ts';
import { oneByOne, type QueueRoom, toMessage } from '../edge/queue-room.ts';
import type { VerificationAws } from '../edge/wiring-verification.ts';
import { verify } from '../engine/verification/verify.ts';
import { metricsOf, tellReport } from './telling.ts';

export interface VerificationRoom extends QueueRoom {
  readonly ports: VerificationAws;
}

/** For ending etcd, deleting two gigabytes and telling what came of it, before Lambda stops the process. */
const RESERVE_MS = 30_000;

export const workOnBatch = oneByOne(readMessage, workOnMessage);

/** A message with what it asks for, or why nobody can tell; its cluster stands in the body. */
interface Message {
  readonly cluster: string;
  readonly body: string;
  readonly parsed: ReturnType<typeof parseVerify>;
}

function readMessage(record: unknown): Message {
  const { body } = toMessage(record);
  const parsed = parseVerify(body);
  return { cluster: parsed.ok ? parsed.cluster : '', body, parsed };
}

async function workOnMessage(room: VerificationRoom, message: Message, context: Context): Promise<void> {
  const { cluster, body, parsed } = message;
  if (parsed.ok && CLUSTER_NAME.test(cluster)) return work(room, cluster, parsed.place, context);
  const because = parsed.ok ? 'the cluster has no name of one' : parsed.reason;
  room.logger.warn({ event: 'message.unreadable', requestId: context.awsRequestId, because });
  await room.ports.queue.keepUnreadable('unreadable', body, because);
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
