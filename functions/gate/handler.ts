import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { systemClock } from '../edge/clock.ts';
import { createPostAnswer } from '../edge/cloudformation.ts';
import { processLogLevel, readEnvironment } from '../edge/environment.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { recordsIn } from '../edge/queue-room.ts';
import { connectGate, type GatePorts } from '../edge/wiring-gate.ts';
import { type GateRoom, workOnBatch } from './room.ts';

let ports: GatePorts | null = null;

/** Made before anything can fail, so that a broken deployment is told of and answered. */
const room: GateRoom = {
  connect: () => {
    ports ??= connectGate(readEnvironment(process.env));
    return ports;
  },
  postAnswer: createPostAnswer(systemClock, { attempts: 1 }),
  clock: systemClock,
  logger: createLogger(processLogLevel(), systemClock.nowMs, writeToStdout),
  metrics: createMetrics(systemClock.nowMs, writeToStdout),
};

/** Requests that wait at gates. What is not answered yet comes back. */
export const handler = middy(async (event: unknown, context: Context): Promise<SQSBatchResponse> => {
  const records = recordsIn(event);
  if (records === null) throw new OperationError('EVENT_MALFORMED', 'never', 'only its queue starts gate');
  return workOnBatch(room, records, context);
});
