import type { Context } from 'aws-lambda';
import { type DoctorAnswer, type DoctorRefusal, refuseDoctor } from '../core/checks/answer.ts';
import { parseDoctor } from '../core/checks/request.ts';
import { OperationError } from '../core/errors.ts';
import { TAG } from '../core/names.ts';
import { errorFields } from '../edge/logger.ts';
import { type ChecksReport, runChecks } from '../engine/checks/round.ts';
import { type ChecksRoom, RESERVE_MS } from './room.ts';

/** Answers an operator from one round of all checks. Changes, writes and tells nothing. */
export async function answerDoctor(
  room: ChecksRoom,
  event: unknown,
  context: Context,
): Promise<DoctorAnswer | DoctorRefusal> {
  const parsed = parseDoctor(event);
  if (!parsed.ok) return refuseDoctor('EVENT_MALFORMED', parsed.reason);
  const { cluster } = parsed;
  const requestId = context.awsRequestId;
  const deadlineMs = room.ports.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const fields = { requestId, cluster, kind: 'doctor' };
  try {
    const report = await runChecks(room.ports, { cluster, owner: requestId, deadlineMs, mode: 'look' });
    const outcome = report.error === null ? 'settled' : 'failed';
    room.logger.info({ event: 'request.answered', ...fields, outcome });
    return answerOf(cluster, report);
  } catch (error) {
    room.logger.error({ event: 'room.failed', ...fields, ...errorFields(error) });
    if (!(error instanceof OperationError)) throw error; // a bug of ours: Lambda says so to whoever asked
    return refuseDoctor(error.code, error.message);
  }
}

function answerOf(cluster: string, report: ChecksReport): DoctorAnswer | DoctorRefusal {
  const { error, at, findings, degraded, figures, backup, samples } = report;
  if (error !== null) return refuseDoctor(error.code, error.message);
  if (!report.isKnown) {
    const tags = `${TAG.cluster} = ${cluster} and ${TAG.role} = member`;
    return refuseDoctor('AWS_GONE', `no Auto Scaling group has the tags ${tags}`);
  }
  const head = { etcdAutopilot: 1, ok: true, request: 'doctor', cluster } as const;
  return { ...head, at, findings, degraded, figures, backup, samples };
}
