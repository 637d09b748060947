import type { Context, SQSBatchResponse } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import type { QueuePort } from '../core/ports.ts';
import type { WorkerTrigger } from '../core/worker-trigger.ts';
import { workByGroup } from '../edge/batch.ts';
import type { CallCounter } from '../edge/call-counter.ts';
import type { Coalescer } from '../edge/coalesce.ts';
import { orLate } from '../edge/deadline.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { BeatMemory } from '../engine/dns/heartbeats.ts';
import { runDnsPass } from '../engine/dns/pass.ts';
import type { DnsPorts } from '../engine/dns/ports.ts';
import type { DnsReport } from '../engine/dns/report.ts';
import { type Message, parseMessage, toMessage } from './message.ts';
import { findingKinds, logStep, metricsOf, type PassFields, type Told } from './telling.ts';

/** What the room works with; made once per cold start. */
export interface DnsRoom {
  readonly ports: DnsPorts;
  readonly queue: Pick<QueuePort, 'keepUnreadable'>;
  readonly owner: string;
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
  readonly coalescer: Coalescer;
  /** Absent: every pass sends all heartbeats. */
  readonly beats?: BeatMemory;
  readonly told: Told;
  /** The clusters that were seen in each zone, for figures about messages that name none. */
  readonly seen: Map<string, readonly string[]>;
}

/** Kept back so that the report is written before Lambda stops the process. */
const RESERVE_MS = 4_000;
/** With less time than this no pass is begun: the schedule comes within a minute. */
const PASS_MS_MIN = 12_000;

/** No message ever comes back: its zone would be blocked, and the schedule comes anyway. */
const ACKNOWLEDGED: SQSBatchResponse = { batchItemFailures: [] };

export async function workOnBatch(
  room: DnsRoom,
  records: readonly unknown[],
  context: Context,
): Promise<SQSBatchResponse> {
  const deadlineMs = room.ports.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const work = (message: Message) => workOn(room, message, context.awsRequestId, deadlineMs);
  await workByGroup(records.map(toMessage), ({ zoneId }) => zoneId, work);
  return ACKNOWLEDGED;
}

async function workOn(room: DnsRoom, message: Message, requestId: string, deadlineMs: number): Promise<void> {
  const pass = { requestId, zone: message.zoneId };
  try {
    const parsed = parseMessage(message);
    if (!parsed.ok) return await keepUnreadable(room, pass, message, parsed.reason);
    const { trigger } = parsed;
    if (room.coalescer.isAnswered(message.zoneId, message.sentAtMs, trigger.cluster))
      return count(room, message, trigger, 'Coalesced');
    const { clock } = room.ports;
    await room.coalescer.rest(message.zoneId, deadlineMs - PASS_MS_MIN - clock.nowMs());
    if (clock.nowMs() + PASS_MS_MIN > deadlineMs) {
      room.logger.warn({ event: 'pass.finished', ...pass, trigger: trigger.kind, outcome: 'outOfTime' });
      return count(room, message, trigger, 'OutOfTime');
    }
    await runPass(room, message, trigger, pass, deadlineMs);
  } catch (error) {
    // The outermost edge: whatever it is, it is told, alarmed on, and the message is done with.
    room.logger.error({ event: 'room.failed', ...pass, outcome: 'failed', ...errorFields(error) });
    for (const cluster of clustersOf(room, message.zoneId)) room.metrics.emit(cluster, { RoomFailed: 1 });
  }
}

async function runPass(
  room: DnsRoom,
  message: Message,
  trigger: WorkerTrigger,
  pass: PassFields,
  deadlineMs: number,
): Promise<void> {
  const { ports, owner, dryRun, coalescer } = room;
  const { zoneId } = message;
  const startedAtMs = ports.clock.nowMs();
  let seen: readonly string[] | null = null;
  let waitedMs = 0;
  try {
    const work = runDnsPass(ports, {
      zoneId,
      owner,
      dryRun,
      deadlineMs,
      cluster: trigger.cluster,
      beats: room.beats,
      onStep: (step) => logStep(room.logger, pass, step),
    });
    const report = await orLate(deadlineMs - startedAtMs, work);
    const durationMs = ports.clock.nowMs() - startedAtMs;
    if ('kind' in report) return tellLate(room, message, trigger, pass, durationMs);
    const clusters = report.clusters.map(({ cluster }) => cluster);
    room.seen.set(zoneId, clusters);
    waitedMs = report.waitedMs;
    seen = report.isComplete ? clusters : null;
    tell(room, report, trigger, pass, durationMs);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const durationMs = ports.clock.nowMs() - startedAtMs;
    const fields = { ...pass, trigger: trigger.kind, durationMs, calls: room.takeCalls() };
    room.logger.warn({ event: 'pass.finished', ...fields, outcome: 'failed', ...errorFields(error) });
    count(room, message, trigger, 'PassFailed');
  } finally {
    coalescer.note(zoneId, startedAtMs, seen, waitedMs);
  }
}

function tell(
  room: DnsRoom,
  report: DnsReport,
  trigger: WorkerTrigger,
  pass: PassFields,
  durationMs: number,
): void {
  const { clusters, outcome, error } = report;
  for (const cluster of clusters) room.told.log(room.logger, pass, cluster);
  room.logger.info({
    event: 'pass.finished',
    ...pass,
    ...(trigger.cluster === null ? {} : { cluster: trigger.cluster }),
    trigger: trigger.kind,
    outcome,
    findingKinds: findingKinds(report),
    changeCount: clusters.reduce((sum, { changedCount }) => sum + changedCount, 0),
    heldCount: clusters.reduce((sum, { holds }) => sum + holds.length, 0),
    calls: room.takeCalls(),
    durationMs,
    ...(error === null ? {} : errorFields(error)),
  });
  const failed = { PassFailed: error === null ? 0 : 1, HeartbeatsFailed: report.failedBeatCount };
  for (const one of clusters) room.metrics.emit(one.cluster, { ...metricsOf(one, durationMs), ...failed });
}

function tellLate(
  room: DnsRoom,
  message: Message,
  trigger: WorkerTrigger,
  pass: PassFields,
  durationMs: number,
): void {
  room.logger.error({ event: 'room.failed', ...pass, outcome: 'late', durationMs });
  count(room, message, trigger, 'RoomFailed');
}

async function keepUnreadable(
  room: DnsRoom,
  pass: PassFields,
  { zoneId, body }: Message,
  reason: string,
): Promise<void> {
  room.logger.warn({ event: 'message.unreadable', ...pass, because: reason });
  for (const cluster of clustersOf(room, zoneId)) room.metrics.emit(cluster, { MessageUnreadable: 1 });
  await room.queue.keepUnreadable(zoneId, body, reason);
}

function count(room: DnsRoom, { zoneId }: Message, { cluster }: WorkerTrigger, figure: string): void {
  const clusters = cluster === null ? clustersOf(room, zoneId) : [cluster];
  for (const one of clusters) room.metrics.emit(one, { [figure]: 1 });
}

/** For figures about no cluster that is known. */
const NOBODY = ['unknown'];

const clustersOf = ({ seen }: DnsRoom, zoneId: string): readonly string[] => seen.get(zoneId) ?? NOBODY;
