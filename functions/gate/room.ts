import type { Context, SQSBatchResponse } from 'aws-lambda';
import type { CfnAnswer, CfnRequest } from '../core/cfn.ts';
import { clusterNameIn, failedIdOf } from '../core/custom-resource.ts';
import { type GateMessage, parseGateMessage } from '../core/gate/message.ts';
import { isGivenUp } from '../core/gate/timing.ts';
import type { GateWords } from '../core/gate/words.ts';
import { gateIdOf, readGateProperties } from '../core/gate-resource.ts';
import { isRecord } from '../core/json.ts';
import type { Clock } from '../core/ports.ts';
import type { PostAnswer } from '../edge/cloudformation.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import { decide, type Receive } from './receive.ts';
import { tellAnswered, tellTrouble, tellUndelivered, tellWaiting } from './telling.ts';

/** What the room works with; made once per cold start. */
export interface GateRoom {
  readonly connect: Receive['connect'];
  /** With one attempt: the next receive is the next one. */
  readonly postAnswer: PostAnswer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Kept back for one attempt to deliver the answer, and a word about it. */
const RESERVE_MS = 5_500;
/** The message group of what nobody can read. */
const UNREADABLE_GROUP = 'gate';

/**
 * Works on what waits at the gates. What is not answered yet is reported as failed: it comes back when its
 * visibility is over. Each request is a message group of its own, so their order means nothing.
 */
export async function workOnBatch(
  room: GateRoom,
  records: readonly unknown[],
  context: Context,
): Promise<SQSBatchResponse> {
  const work = async (record: unknown) => ((await workOn(room, record, context)) ? [] : [idOf(record)]);
  const waiting = (await Promise.all(records.map(work))).flat();
  return { batchItemFailures: waiting.map((itemIdentifier) => ({ itemIdentifier })) };
}

const idOf = (record: unknown): string => {
  const id = isRecord(record) ? record['messageId'] : undefined;
  return typeof id === 'string' ? id : '';
};

/** Whether the queue is done with it. Never fails: whatever goes wrong is told here, and it comes back. */
async function workOn(room: GateRoom, record: unknown, context: Context): Promise<boolean> {
  const parsed = parseGateMessage(record);
  try {
    if (parsed.ok) return await receive(room, parsed.message, context);
    room.logger.warn({ event: 'message.unreadable', kind: 'gate', because: parsed.reason });
    room.metrics.emit(UNREADABLE_GROUP, { MessageUnreadable: 1 });
    await room.connect().queue.keepUnreadable(UNREADABLE_GROUP, parsed.body, parsed.reason);
    return true;
  } catch (error) {
    room.logger.error({ event: 'room.failed', kind: 'gate', ...errorFields(error) });
    return false;
  }
}

async function receive(room: GateRoom, message: GateMessage, context: Context): Promise<boolean> {
  const { connect, clock } = room;
  const { request } = message;
  const startedAtMs = clock.nowMs();
  const decision = await decide({
    connect,
    clock,
    message,
    budgetMs: Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS),
    onTrouble: (error) => tellTrouble(room, request, error),
  });
  const nowMs = clock.nowMs();
  const told = { decision, durationMs: nowMs - startedAtMs, waitedMs: nowMs - message.sentAtMs };
  if (decision.words === null) {
    tellWaiting(room, request, told);
    return false;
  }
  try {
    await room.postAnswer(request, answerOf(request, decision.words));
  } catch (error) {
    const isOver = isGivenUp(message, timeoutOf(request), clock.nowMs());
    tellUndelivered(room, request, error, isOver);
    return isOver;
  }
  tellAnswered(room, request, decision.words, told);
  return true;
}

const timeoutOf = (request: CfnRequest): number => {
  const parsed = readGateProperties(request);
  return parsed.ok ? parsed.gate.timeoutSeconds : 0;
};

/** A failed Create gets the marker of one, a failed Update keeps what it had. */
function answerOf(request: CfnRequest, words: GateWords): CfnAnswer {
  const cluster = clusterNameIn(request);
  const before = request.physicalId ?? failedIdOf(request);
  const isOpen = words.status === 'SUCCESS' && cluster !== null;
  return { ...words, physicalId: isOpen ? gateIdOf(cluster, request) : before };
}
