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
  const { cluster, request } = parsed.request;
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
    return request === 'status' ? statusAnswer(report, cluster) : planAnswer(report, cluster);
  } catch (error) {
    room.logger.error({ event: 'room.failed', requestId, cluster, kind: request, ...errorFields(error) });
    const code = error instanceof OperationError ? error.code : 'ETCD_UNAVAILABLE';
    return refusalAnswer(code, error instanceof Error ? error.message : 'the look failed');
  }
}
