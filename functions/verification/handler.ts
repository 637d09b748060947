import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { createCallCounter } from '../edge/call-counter.ts';
import { readVerificationEnvironment } from '../edge/care-environment.ts';
import { systemClock } from '../edge/clock.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { recordsIn } from '../edge/queue-room.ts';
import { connectVerification } from '../edge/wiring-verification.ts';
import { type VerificationRoom, workOnBatch } from './room.ts';

function openRoom(): VerificationRoom {
  const environment = readVerificationEnvironment(process.env);
  const counter = createCallCounter();
  return {
    ports: connectVerification(environment, counter.onCall),
    dryRun: environment.dryRun,
    logger: createLogger(environment.logLevel, systemClock.nowMs, writeToStdout),
    metrics: createMetrics(systemClock.nowMs, writeToStdout),
    takeCalls: counter.take,
  };
}

let opened: VerificationRoom | undefined;

/** Messages of the queue. Each is acknowledged whatever happened: one that came back would block its cluster. */
export const handler = middy(async (event: unknown, context: Context): Promise<SQSBatchResponse> => {
  const records = recordsIn(event);
  if (records === null)
    throw new OperationError('EVENT_MALFORMED', 'never', 'only its queue starts verification');
  opened ??= openRoom();
  return workOnBatch(opened, records, context);
});
