import type { Context } from 'aws-lambda';
import { votersOf } from '../core/observation.ts';
import { isAdvice, isProgressing } from '../core/plan/plan.ts';
import { answeringCount, quorumOf } from '../core/quorum.ts';
import { type Late, orLate } from '../edge/deadline.ts';
import { errorFields } from '../edge/logger.ts';
import {
  type About,
  type Message,
  oneByOne,
  type QueueRoom,
  tellLate,
  tellUnreadable,
  toMessage,
} from '../edge/queue-room.ts';
import type { Ports } from '../engine/ports.ts';
import type { PassReport, Step } from '../engine/report.ts';
import { type Handled, workOn } from './work.ts';

export interface Room extends QueueRoom {
  readonly ports: Ports;
}

/** Kept back so that the report is written and the next look asked for before Lambda stops the process. */
export const RESERVE_MS = 4_000;

export const workOnBatch = oneByOne(toMessage, workOnMessage);

async function workOnMessage(room: Room, message: Message, context: Context): Promise<void> {
  const startedAtMs = room.ports.clock.nowMs();
  const { awsRequestId: requestId } = context;
  const { cluster } = message;
  const budgetMs = context.getRemainingTimeInMillis() - RESERVE_MS;
  const work = workOn(room.ports, message, {
    deadlineMs: startedAtMs + budgetMs,
    owner: requestId,
    dryRun: room.dryRun,
    onStep: (step) => logStep(room, cluster, requestId, step),
  });
  // A pass ends by itself well before: this is for a world in which every call takes its whole deadline.
  const handled = await orLate(budgetMs, work);
  logHandled(room, cluster, requestId, handled, room.ports.clock.nowMs() - startedAtMs);
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
  handled: Handled | Late,
  durationMs: number,
): void {
  const about = { requestId, cluster };
  if (handled.kind === 'late') tellLate(room, about, durationMs);
  else if (handled.kind === 'unreadable') tellUnreadable(room, about, handled.reason);
  else logPass(room, about, handled, durationMs);
}

function logPass(
  room: Room,
  about: About,
  { trigger, report }: Extract<Handled, { readonly kind: 'passed' }>,
  durationMs: number,
): void {
  const counts = countsOf(report);
  room.logger.info({
    event: 'pass.finished',
    ...about,
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
  room.metrics.emit(about.cluster, metricsOf(report, counts, durationMs));
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
