import type { Context } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { parseRequest } from '../core/request.ts';
import { errorFields } from '../edge/logger.ts';
import { runPass } from '../engine/pass.ts';
import { type Answer, planAnswer, refusalAnswer, statusAnswer } from './answer.ts';
import { RESERVE_MS, type Room } from './room.ts';

/** Answers an operator from one look. Changes nothing, takes no permit, sends no heartbeat. */
export async function answerRequest(room: Room, event: unknown, context: Context): Promise<Answer> {
  const parsed = parseRequest(event);
  if (!parsed.ok) return refusalAnswer('EVENT_MALFORMED', parsed.reason);
  const { cluster, request, etcdVersion = null } = parsed.request;
  const requestId = context.awsRequestId;
  try {
    const report = await runPass(room.ports, {
      cluster,
      owner: requestId,
      deadlineMs: room.ports.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS,
      mode: 'look',
      groupName: null,
    });
    room.logger.info({
      event: 'request.answered',
      requestId,
      cluster,
      kind: request,
      outcome: report.outcome,
    });
    return request === 'status' ? statusAnswer(report, cluster) : planAnswer(report, cluster, etcdVersion);
  } catch (error) {
    room.logger.error({ event: 'room.failed', requestId, cluster, kind: request, ...errorFields(error) });
    if (!(error instanceof OperationError)) throw error; // a bug of ours: Lambda says so to whoever asked
    return refusalAnswer(error.code, error.message);
  }
}
