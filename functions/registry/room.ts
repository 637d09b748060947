import type { Context, SQSBatchResponse } from 'aws-lambda';
import type { QueuePort } from '../core/ports.ts';
import type { WorkerTrigger } from '../core/worker-trigger.ts';
import { workByGroup } from '../edge/batch.ts';
import type { CallCounter } from '../edge/call-counter.ts';
import type { Coalescer } from '../edge/coalesce.ts';
import { LATE, type Late, orLate } from '../edge/deadline.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import { RegistryMemory } from '../engine/registry/memory.ts';
import { type RegistryReport, runRegistryPass } from '../engine/registry/pass.ts';
import type { RegistryPorts } from '../engine/registry/ports.ts';
import { type Message, parseMessage, toMessage } from './message.ts';
import { findingKinds, logStep, metricsOf, type PassFields, type Told } from './telling.ts';

/** What the room works with; made once per cold start. */
export interface RegistryRoom {
  readonly ports: RegistryPorts;
  readonly queue: Pick<QueuePort, 'keepUnreadable'>;
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
  readonly coalescer: Coalescer;
  readonly told: Told;
  /** What is remembered of each cluster, by its name. */
  readonly memories: Map<string, RegistryMemory>;
}

/** Kept back so that the report is written before Lambda stops the process. */
const RESERVE_MS = 4_000;
/** With less time than this no pass is begun: the schedule comes within a minute. */
const PASS_MS_MIN = 16_000;

/** No message ever comes back: its cluster would be blocked, and the schedule comes anyway. */
const ACKNOWLEDGED: SQSBatchResponse = { batchItemFailures: [] };

export async function workOnBatch(
  room: RegistryRoom,
  records: readonly unknown[],
  context: Context,
): Promise<SQSBatchResponse> {
  const deadlineMs = room.ports.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const work = (message: Message) => workOn(room, message, context.awsRequestId, deadlineMs);
  await workByGroup(records.map(toMessage), ({ cluster }) => cluster, work);
  return ACKNOWLEDGED;
}

async function workOn(
  room: RegistryRoom,
  message: Message,
  requestId: string,
  deadlineMs: number,
): Promise<void> {
  const { cluster, body, sentAtMs } = message;
  const { coalescer, logger, metrics } = room;
  const { clock } = room.ports;
  const pass = { requestId, cluster };
  try {
    const parsed = parseMessage(message);
    if (!parsed.ok) {
      logger.warn({ event: 'message.unreadable', ...pass, because: parsed.reason });
      metrics.emit(cluster, { MessageUnreadable: 1 });
      return await room.queue.keepUnreadable(cluster, body, parsed.reason);
    }
    if (coalescer.isAnswered(cluster, sentAtMs, cluster)) return metrics.emit(cluster, { Coalesced: 1 });
    await coalescer.rest(cluster, deadlineMs - PASS_MS_MIN - clock.nowMs());
    if (clock.nowMs() + PASS_MS_MIN <= deadlineMs)
      return await runPass(room, parsed.trigger, pass, deadlineMs);
    logger.warn({ event: 'pass.finished', ...pass, trigger: parsed.trigger.kind, outcome: 'outOfTime' });
    metrics.emit(cluster, { OutOfTime: 1 });
  } catch (error) {
    // The outermost edge: whatever it is, it is told, alarmed on, and the message is done with.
    logger.error({ event: 'room.failed', ...pass, outcome: 'failed', ...errorFields(error) });
    metrics.emit(cluster, { RoomFailed: 1 });
  }
}

async function runPass(
  room: RegistryRoom,
  trigger: WorkerTrigger,
  pass: PassFields,
  deadlineMs: number,
): Promise<void> {
  const { ports, dryRun, coalescer, logger } = room;
  const { cluster } = pass;
  const startedAtMs = ports.clock.nowMs();
  let report: RegistryReport | Late = LATE;
  try {
    const memory = room.memories.get(cluster) ?? new RegistryMemory();
    room.memories.set(cluster, memory);
    const work = runRegistryPass(ports, {
      cluster,
      deadlineMs,
      dryRun,
      memory,
      onStep: (step) => logStep(logger, pass, step),
    });
    report = await orLate(deadlineMs - startedAtMs, work);
    const durationMs = ports.clock.nowMs() - startedAtMs;
    if ('kind' in report) return tellLate(room, pass, durationMs);
    tell(room, report, trigger, pass, durationMs);
  } finally {
    const { sawAll, waitedMs } = 'kind' in report ? { sawAll: false, waitedMs: 0 } : report;
    coalescer.note(cluster, startedAtMs, sawAll ? [cluster] : null, waitedMs);
  }
}

function tellLate({ logger, metrics }: RegistryRoom, pass: PassFields, durationMs: number): void {
  logger.error({ event: 'room.failed', ...pass, outcome: 'late', durationMs });
  metrics.emit(pass.cluster, { RoomFailed: 1 });
}

function tell(
  { logger, metrics, told, takeCalls }: RegistryRoom,
  report: RegistryReport,
  trigger: WorkerTrigger,
  pass: PassFields,
  durationMs: number,
): void {
  const { outcome, error, heldCount, lookCount } = report;
  told.log(logger, pass, report.findings);
  logger.info({
    event: 'pass.finished',
    ...pass,
    trigger: trigger.kind,
    outcome,
    findingKinds: findingKinds(report),
    heldCount,
    lookCount,
    calls: takeCalls(),
    durationMs,
    ...(error === null ? {} : errorFields(error)),
  });
  metrics.emit(pass.cluster, metricsOf(report, durationMs));
}
