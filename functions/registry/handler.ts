import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { createCallCounter } from '../edge/call-counter.ts';
import { systemClock } from '../edge/clock.ts';
import { Coalescer } from '../edge/coalesce.ts';
import { connectEtcd } from '../edge/connect-etcd.ts';
import { readEnvironment } from '../edge/environment.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { recordsIn } from '../edge/queue-room.ts';
import { connectRegistry } from '../edge/wiring.ts';
import { type RegistryRoom, workOnBatch } from './room.ts';
import { Told } from './telling.ts';

function openRoom(): RegistryRoom {
  const environment = readEnvironment(process.env);
  const counter = createCallCounter();
  const { queue, ...ports } = connectRegistry(environment, counter.onCall);
  return {
    ports: { ...ports, clock: systemClock, openEtcd: connectEtcd },
    queue,
    dryRun: environment.dryRun,
    logger: createLogger(environment.logLevel, systemClock.nowMs, writeToStdout),
    metrics: createMetrics(systemClock.nowMs, writeToStdout),
    takeCalls: counter.take,
    coalescer: new Coalescer(systemClock),
    told: new Told(),
    memories: new Map(),
  };
}

let opened: RegistryRoom | undefined;
/** Once per cold start, so that connections to AWS are kept. */
function room(): RegistryRoom {
  opened ??= openRoom();
  return opened;
}

/** Messages of the queue. Each is acknowledged whatever happened: one that came back would block its cluster. */
export const handler = middy(async (event: unknown, context: Context): Promise<SQSBatchResponse> => {
  const records = recordsIn(event);
  if (records === null)
    throw new OperationError('EVENT_MALFORMED', 'never', 'only its queue starts registry');
  return workOnBatch(room(), records, context);
});
