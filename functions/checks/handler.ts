import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import type { DoctorAnswer, DoctorRefusal } from '../core/checks/answer.ts';
import { tickNonce } from '../core/tick.ts';
import { createCallCounter } from '../edge/call-counter.ts';
import { readChecksEnvironment } from '../edge/care-environment.ts';
import { systemClock } from '../edge/clock.ts';
import { connectEtcd } from '../edge/connect-etcd.ts';
import { connectScrutiny } from '../edge/connect-scrutiny.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { recordsIn } from '../edge/queue-room.ts';
import { uniqueToken } from '../edge/unique-token.ts';
import { connectChecks } from '../edge/wiring-checks.ts';
import { connectTick } from '../edge/wiring-tick.ts';
import { answerDoctor } from './doctor.ts';
import { type ChecksRoom, workOnBatch } from './room.ts';
import { Told } from './telling.ts';
import { answerTick, type TickRoom } from './tick.ts';

/** Kept back so that the tick is told before Lambda stops the process. */
const TICK_RESERVE_MS = 10_000;

type Rooms = ChecksRoom & TickRoom;

function openRooms(): Rooms {
  const environment = readChecksEnvironment(process.env);
  const counter = createCallCounter();
  return {
    ports: {
      ...connectChecks(environment, counter.onCall),
      clock: systemClock,
      uniqueToken,
      openEtcd: connectEtcd,
      openScrutiny: connectScrutiny,
    },
    tick: connectTick(environment, counter.onCall),
    dryRun: environment.dryRun,
    logger: createLogger(environment.logLevel, systemClock.nowMs, writeToStdout),
    metrics: createMetrics(systemClock.nowMs, writeToStdout),
    nowMs: systemClock.nowMs,
    takeCalls: counter.take,
    told: new Told(),
  };
}

let opened: Rooms | undefined;
/** Once per cold start, so that connections to AWS are kept. */
function rooms(): Rooms {
  opened ??= openRooms();
  return opened;
}

/**
 * Messages of the queue, one at a time; the minute of the stack, which fills the queue; and what operators ask. A
 * message is acknowledged whatever happened: one that came back would block its cluster.
 */
export const handler = middy(
  async (
    event: unknown,
    context: Context,
  ): Promise<SQSBatchResponse | DoctorAnswer | DoctorRefusal | null> => {
    const records = recordsIn(event);
    if (records !== null) return workOnBatch(rooms(), records, context);
    const nonce = tickNonce(event);
    if (nonce === null) return answerDoctor(rooms(), event, context);
    const deadlineMs = systemClock.nowMs() + context.getRemainingTimeInMillis() - TICK_RESERVE_MS;
    await answerTick(rooms(), nonce, context.awsRequestId, deadlineMs);
    return null;
  },
);
