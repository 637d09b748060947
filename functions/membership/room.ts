import type { Context, SQSBatchResponse } from 'aws-lambda';
import { isRecord } from '../core/json.ts';
import { votersOf } from '../core/observation.ts';
import { isAdvice, isProgressing } from '../core/plan/plan.ts';
import { answeringCount, quorumOf } from '../core/quorum.ts';
import type { CallCounter } from '../edge/call-counter.ts';
import { within } from '../edge/deadline.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { Ports } from '../engine/ports.ts';
import type { PassReport, Step } from '../engine/report.ts';
import { type Handled, type Message, workOn } from './work.ts';

/** What the room works with; made once per cold start. */
export interface Room {
  readonly ports: Ports;
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
}

/** Kept back so that the report is written and the next look asked for before Lambda stops the process. */
export const RESERVE_MS = 4_000;

const LATE = { kind: 'late' } as const;

/** No message ever comes back: its cluster would be blocked, and the schedule comes anyway. */
const ACKNOWLEDGED: SQSBatchResponse = { batchItemFailures: [] };

export async function workOnBatch(
  room: Room,
  records: readonly unknown[],
  context: Context,
): Promise<SQSBatchResponse> {
  for (const record of records) await workOnRecord(room, toMessage(record), context);
  return ACKNOWLEDGED;
}

async function workOnRecord(room: Room, message: Message, context: Context): Promise<void> {
  const startedAtMs = room.ports.clock.nowMs();
  const { awsRequestId: requestId } = context;
  const { cluster } = message;
  try {
    const budgetMs = context.getRemainingTimeInMillis() - RESERVE_MS;
    const work = workOn(room.ports, message, {
      deadlineMs: startedAtMs + budgetMs,
      owner: requestId,
      dryRun: room.dryRun,
      onStep: (step) => logStep(room, cluster, requestId, step),
    });
    // A pass ends by itself well before: this is for a world in which every call takes its whole deadline.
    const handled = await within<Handled | typeof LATE>(budgetMs, work, () => LATE);
    logHandled(room, cluster, requestId, handled, room.ports.clock.nowMs() - startedAtMs);
  } catch (error) {
    // The outermost edge: whatever it is, it is told, alarmed on, and the message is done with.
    room.logger.error({ event: 'room.failed', requestId, cluster, outcome: 'failed', ...errorFields(error) });
    room.metrics.emit(cluster, { RoomFailed: 1 });
  }
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

function logStep(room: Room, cluster: string, requestId: string, step: Step): void {
  const { action, error } = step;
  const fields = {
    requestId,
    cluster,
    kind: action.kind,
    ...('because' in action ? { because: action.because } : {}),
    ...('memberId' in action ? { memberId: action.memberId } : {}),
    ...('instanceId' in action && action.instanceId !== null ? { instanceId: action.instanceId } : {}),
  };
  if (error === null) room.logger.info({ event: 'step.applied', ...fields });
  else room.logger.warn({ event: 'step.refused', ...fields, ...errorFields(error) });
}

function logHandled(
  room: Room,
  cluster: string,
  requestId: string,
  handled: Handled | typeof LATE,
  durationMs: number,
): void {
  if (handled.kind === 'late') {
    room.logger.error({ event: 'room.failed', requestId, cluster, outcome: 'late', durationMs });
    room.metrics.emit(cluster, { RoomFailed: 1 });
    return;
  }
  if (handled.kind === 'unreadable') {
    room.logger.warn({ event: 'message.unreadable', requestId, cluster, because: handled.reason });
    room.metrics.emit(cluster, { MessageUnreadable: 1 });
    return;
  }
  const { trigger, report } = handled;
  const counts = countsOf(report);
  room.logger.info({
    event: 'pass.finished',
    requestId,
    cluster,
    trigger: trigger.kind,
    outcome: report.outcome,
    stepKinds: report.steps.map(({ action }) => action.kind),
    waitKinds: report.waits.map(({ kind }) => kind),
    ...counts,
    lookCount: report.lookCount,
    calls: room.takeCalls(),
    durationMs,
    ...(report.error === null ? {} : errorFields(report.error)),
  });
  room.metrics.emit(cluster, metricsOf(report, counts, durationMs));
}

interface Counts {
  readonly voterCount?: number;
  readonly healthyVoterCount?: number;
  readonly quorumCount?: number;
}

/** Left out where nobody could tell: unknown is not zero. */
function countsOf(report: PassReport): Counts {
  const members = report.world?.etcd.view?.members;
  if (members === undefined) return {};
  const voters = votersOf(members);
  return {
    voterCount: voters.length,
    healthyVoterCount: answeringCount(voters),
    quorumCount: quorumOf(voters.length),
  };
}

/** One figure for each kind of wait, so that every refusal can be counted and alarmed on. */
function metricsOf(report: PassReport, counts: Counts, durationMs: number): Readonly<Record<string, number>> {
  const waits: Record<string, number> = {};
  for (const { kind } of report.waits) waits[`Wait_${kind}`] = (waits[`Wait_${kind}`] ?? 0) + 1;
  return {
    PassDurationMs: durationMs,
    StepsApplied: report.steps.filter(({ error }) => error === null).length,
    StepsRefused: report.steps.filter(({ error }) => error !== null).length,
    PassFailed: report.outcome === 'failed' ? 1 : 0,
    EventIgnored: report.outcome === 'ignored' ? 1 : 0,
    Stuck: report.waits.some((wait) => !isAdvice(wait) && !isProgressing(wait)) ? 1 : 0,
    ...(counts.voterCount === undefined ? {} : { Voters: counts.voterCount }),
    ...(counts.healthyVoterCount === undefined ? {} : { VotersAnswering: counts.healthyVoterCount }),
    ...waits,
  };
}
