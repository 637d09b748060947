import type { Context } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { recoverBody } from '../core/recovery/choice.ts';
import { type OperatorRequest, parseRequest } from '../core/request.ts';
import { errorFields } from '../edge/logger.ts';
import { runPass } from '../engine/pass.ts';
import type { PassReport } from '../engine/report.ts';
import { type Answer, planAnswer, refusalAnswer, refusalOf, statusAnswer } from './answer.ts';
import { recoverAnswer } from './answer-recovery.ts';
import { RESERVE_MS, type Room } from './room.ts';

/** Answers an operator from one look. Takes no permit, sends no heartbeat; what is to change something is queued. */
export async function answerRequest(room: Room, event: unknown, context: Context): Promise<Answer> {
  const parsed = parseRequest(event);
  if (!parsed.ok) return refusalAnswer('EVENT_MALFORMED', parsed.reason);
  const { request: asked } = parsed;
  const { cluster, request: kind } = asked;
  const requestId = context.awsRequestId;
  try {
    const report = await runPass(room.ports, {
      cluster,
      owner: requestId,
      deadlineMs: room.ports.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS,
      mode: 'look',
      groupName: null,
      ...(asked.request === 'recover' ? { recover: asked.choice ?? 'options' } : {}),
    });
    room.logger.info({ event: 'request.answered', requestId, cluster, kind, outcome: report.outcome });
    return await answerFrom(room, asked, report);
  } catch (error) {
    room.logger.error({ event: 'room.failed', requestId, cluster, kind, ...errorFields(error) });
    if (!(error instanceof OperationError)) throw error; // a bug of ours: Lambda says so to whoever asked
    return refusalAnswer(error.code, error.message);
  }
}

async function answerFrom(room: Room, asked: OperatorRequest, report: PassReport): Promise<Answer> {
  const { cluster } = asked;
  switch (asked.request) {
    case 'status':
      return statusAnswer(report, cluster);
    case 'plan':
      return planAnswer(report, cluster, asked.etcdVersion ?? null);
    default:
      return answerRecover(room, asked, report);
  }
}

/** A choice that would be done now is handed to the one that changes this cluster, which judges it again. */
async function answerRecover(
  room: Room,
  { cluster, choice, forced }: Extract<OperatorRequest, { readonly request: 'recover' }>,
  report: PassReport,
): Promise<Answer> {
  const refusal = refusalOf(report, cluster);
  if (refusal !== null) return refusal;
  const isTaken = choice !== null && report.pending.some(({ kind }) => kind === 'startRecovery');
  if (isTaken && !room.dryRun) await room.ports.queue.askForLook(cluster, recoverBody(cluster, choice));
  return recoverAnswer(report, cluster, choice?.forced ?? forced, isTaken && !room.dryRun);
}
