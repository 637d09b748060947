import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { createCallCounter } from '../edge/call-counter.ts';
import { readCareEnvironment } from '../edge/care-environment.ts';
import { systemClock } from '../edge/clock.ts';
import { connectEtcd } from '../edge/connect-etcd.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { recordsIn } from '../edge/queue-room.ts';
import { uniqueToken } from '../edge/unique-token.ts';
import { connectAws } from '../edge/wiring.ts';
import { connectObjects } from '../edge/wiring-objects.ts';
import { connectRecovery } from '../edge/wiring-recovery.ts';
import type { Answer } from './answer.ts';
import { answerRequest } from './request.ts';
import { type Room, workOnBatch } from './room.ts';

function openRoom(): Room {
  const environment = readCareEnvironment(process.env);
  const counter = createCallCounter();
  return {
    ports: {
      ...connectAws(environment, counter.onCall),
      clock: systemClock,
      uniqueToken,
      openEtcd: connectEtcd,
      objectsIn: connectObjects(environment.snapshotBucket, counter.onCall),
      recovery: connectRecovery(environment, counter.onCall),
    },
    dryRun: environment.dryRun,
    logger: createLogger(environment.logLevel, systemClock.nowMs, writeToStdout),
    metrics: createMetrics(systemClock.nowMs, writeToStdout),
    takeCalls: counter.take,
  };
}

let opened: Room | undefined;
/** Once per cold start, so that connections to AWS are kept. */
function room(): Room {
  opened ??= openRoom();
  return opened;
}

/**
 * Messages of the queue, one at a time, and what operators ask directly. A message
 * is acknowledged whatever happened: one that came back would block its cluster.
 */
export const handler = middy(async (event: unknown, context: Context): Promise<SQSBatchResponse | Answer> => {
  const records = recordsIn(event);
  return records === null ? answerRequest(room(), event, context) : workOnBatch(room(), records, context);
});
