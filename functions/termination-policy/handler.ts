import type { Context } from 'aws-lambda';
import { createCallCounter } from '../edge/call-counter.ts';
import { systemClock } from '../edge/clock.ts';
import { processLogLevel, readProcessEnvironment } from '../edge/environment.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { connectTermination, type TerminationPorts } from '../edge/termination-wiring.ts';
import { type Answer, answerTermination, type Room } from './room.ts';

/** A process that is older than this was made ahead of time: nobody waited for it. */
const LOAD_MS_MAX = 1_500;

/** @param loadedMs tells how old the process is. */
export function createHandler(room: Room, loadedMs: () => number) {
  let isCold = true;
  return async (event: unknown, context: Context): Promise<Answer> => {
    const ageMs = loadedMs();
    const lostMs = isCold && ageMs <= LOAD_MS_MAX ? ageMs : 0;
    isCold = false;
    const remainingMs = context.getRemainingTimeInMillis();
    return answerTermination(room, event, { requestId: context.awsRequestId, remainingMs, lostMs });
  };
}

const counter = createCallCounter();
let reach: { readonly ports: TerminationPorts; readonly dryRun: boolean } | null = null;

/** No middleware: every millisecond of a cold start is one of the platform's two seconds. */
export const handler = createHandler(
  {
    connect: () => {
      const environment = readProcessEnvironment();
      reach ??= { ports: connectTermination(environment, counter.onCall), dryRun: environment.dryRun };
      return reach;
    },
    clock: systemClock,
    logger: createLogger(processLogLevel(), systemClock.nowMs, writeToStdout),
    metrics: createMetrics(systemClock.nowMs, writeToStdout),
    takeCalls: counter.take,
  },
  () => performance.now(),
);
