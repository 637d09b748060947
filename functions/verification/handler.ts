import middy from '@middy/core';
import type { SQSBatchResponse } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { isRecord } from '../core/json.ts';
import { readVerificationEnvironment } from '../edge/care-environment.ts';
import { systemClock } from '../edge/clock.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';

/** Messages of the queue. Each is acknowledged whatever happened: one that came back would block its cluster. */
export const handler = middy(async (event: unknown): Promise<SQSBatchResponse> => {
  const records = isRecord(event) ? event['Records'] : undefined;
  if (!Array.isArray(records))
    throw new OperationError('EVENT_MALFORMED', 'never', 'only its queue starts verification');
  const logger = createLogger(
    readVerificationEnvironment(process.env).logLevel,
    systemClock.nowMs,
    writeToStdout,
  );
  for (const _ of records)
    logger.debug({ event: 'message.unreadable', because: 'no snapshot is verified yet' });
  return { batchItemFailures: [] };
});
