import type { Context } from 'aws-lambda';
import { parseCheck } from '../core/checks/request.ts';
import { orLate } from '../edge/deadline.ts';
import {
  type Message,
  oneByOne,
  type QueueRoom,
  tellLate,
  tellUnreadable,
  toMessage,
} from '../edge/queue-room.ts';
import type { ChecksPorts } from '../engine/checks/ports.ts';
import { runChecks } from '../engine/checks/round.ts';
import { type Told, tellRound } from './telling.ts';

export interface ChecksRoom extends QueueRoom {
  readonly ports: ChecksPorts;
  readonly told: Told;
}

/** Kept back so that the report is written before Lambda stops the process. */
export const RESERVE_MS = 4_000;

export const workOnBatch = oneByOne(toMessage, workOnMessage);

async function workOnMessage(room: ChecksRoom, message: Message, context: Context): Promise<void> {
  const { cluster, body } = message;
  const parsed = parseCheck(cluster, body);
  if (parsed.ok) return runRound(room, cluster, context);
  tellUnreadable(room, { requestId: context.awsRequestId, cluster }, parsed.reason);
  await room.ports.queue.keepUnreadable(cluster, body, parsed.reason);
}

async function runRound(room: ChecksRoom, cluster: string, context: Context): Promise<void> {
  const { clock } = room.ports;
  const { awsRequestId: requestId } = context;
  const startedAtMs = clock.nowMs();
  const budgetMs = context.getRemainingTimeInMillis() - RESERVE_MS;
  const work = runChecks(room.ports, {
    cluster,
    owner: requestId,
    deadlineMs: startedAtMs + budgetMs,
    mode: room.dryRun ? 'look' : 'act',
  });
  // A round ends by itself well before: this is for a world in which every call takes its whole deadline.
  const report = await orLate(budgetMs, work);
  const durationMs = clock.nowMs() - startedAtMs;
  const about = { requestId, cluster };
  if ('kind' in report) tellLate(room, about, durationMs);
  else tellRound(room, about, report, durationMs);
}
