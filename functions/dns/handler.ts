import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { createCallCounter } from '../edge/call-counter.ts';
import { systemClock } from '../edge/clock.ts';
import { Coalescer } from '../edge/coalesce.ts';
import { readDnsEnvironment } from '../edge/environment.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { recordsIn } from '../edge/queue-room.ts';
import { connectDns } from '../edge/wiring.ts';
import { BeatMemory } from '../engine/dns/heartbeats.ts';
import { type DnsRoom, workOnBatch } from './room.ts';
import { Told } from './telling.ts';

function openRoom(): DnsRoom {
  const environment = readDnsEnvironment(process.env);
  const counter = createCallCounter();
  const { queue, ...ports } = connectDns(environment, counter.onCall);
  return {
    ports: { ...ports, clock: systemClock },
    queue,
    owner: environment.owner,
    dryRun: environment.dryRun,
    logger: createLogger(environment.logLevel, systemClock.nowMs, writeToStdout),
    metrics: createMetrics(systemClock.nowMs, writeToStdout),
    takeCalls: counter.take,
    coalescer: new Coalescer(systemClock),
    beats: new BeatMemory(),
    told: new Told(),
    seen: new Map(),
  };
}

let opened: DnsRoom | undefined;
/** Once per cold start, so that connections to AWS are kept. */
function room(): DnsRoom {
  opened ??= openRoom();
  return opened;
}

/** Messages of the queue. Each is acknowledged whatever happened: one that came back would block its zone. */
export const handler = middy(async (event: unknown, context: Context): Promise<SQSBatchResponse> => {
  const records = recordsIn(event);
  if (records === null) throw new OperationError('EVENT_MALFORMED', 'never', 'only its queue starts dns');
  return workOnBatch(room(), records, context);
});
