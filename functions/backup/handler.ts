import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { createCallCounter } from '../edge/call-counter.ts';
import { readBackupEnvironment } from '../edge/care-environment.ts';
import { systemClock } from '../edge/clock.ts';
import { connectEtcd } from '../edge/connect-etcd.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { recordsIn } from '../edge/queue-room.ts';
import { connectBackup } from '../edge/wiring-backup.ts';
import type { BackupAnswer } from './answer.ts';
import { answerOperator } from './operator.ts';
import { type BackupRoom, workOnBatch } from './room.ts';

function openRoom(): BackupRoom {
  const environment = readBackupEnvironment(process.env);
  const counter = createCallCounter();
  return {
    ports: { ...connectBackup(environment, counter.onCall), clock: systemClock, openEtcd: connectEtcd },
    dryRun: environment.dryRun,
    logger: createLogger(environment.logLevel, systemClock.nowMs, writeToStdout),
    metrics: createMetrics(systemClock.nowMs, writeToStdout),
    takeCalls: counter.take,
  };
}

let opened: BackupRoom | undefined;
/** Once per cold start, so that connections to AWS are kept. */
function room(): BackupRoom {
  opened ??= openRoom();
  return opened;
}

/**
 * Messages of the queue, one at a time, and what operators ask directly. A message is acknowledged
 * whatever happened: one that came back would block its cluster.
 */
export const handler = middy(
  async (event: unknown, context: Context): Promise<SQSBatchResponse | BackupAnswer> => {
    const records = recordsIn(event);
    return records === null ? answerOperator(room(), event, context) : workOnBatch(room(), records, context);
  },
);
