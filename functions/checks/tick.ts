import { OperationError } from '../core/errors.ts';
import type { TickPorts } from '../core/tick.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import { runTick } from '../engine/tick.ts';

export interface TickRoom {
  readonly tick: TickPorts;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly takeCalls: () => Readonly<Record<string, number>>;
}

/**
 * The minute of all clusters.
 *
 * @throws {OperationError} a cluster could not be asked for: Lambda counts it, raises the alarm, and repeats the event,
 * of which the queues drop what they have.
 */
export async function answerTick(
  room: TickRoom,
  nonce: string,
  requestId: string,
  deadlineMs: number,
): Promise<void> {
  const startedAtMs = room.nowMs();
  const report = await runTick(room.tick, nonce, () => room.nowMs() < deadlineMs);
  for (const { cluster, request, error } of report.refused)
    room.logger.error({ event: 'tick.refused', requestId, cluster, kind: request, ...errorFields(error) });
  const isWhole = report.refused.length + report.leftCount === 0;
  room.logger[isWhole ? 'info' : 'error']({
    event: 'tick.finished',
    requestId,
    clusterCount: report.clusterCount,
    outcome: isWhole ? 'settled' : report.leftCount > 0 ? 'outOfTime' : 'failed',
    calls: room.takeCalls(),
    durationMs: room.nowMs() - startedAtMs,
  });
  const [first] = report.refused;
  if (first !== undefined) throw first.error;
  if (!isWhole) throw new OperationError('AWS_UNAVAILABLE', 'nextLook', 'the tick ran out of time');
}
