import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { tickNonce } from '../core/tick.ts';
import { createCallCounter } from '../edge/call-counter.ts';
import { readChecksEnvironment } from '../edge/care-environment.ts';
import { systemClock } from '../edge/clock.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { connectTick } from '../edge/wiring-tick.ts';
import { answerTick, type TickRoom } from './tick.ts';

/** Kept back so that the tick is told before Lambda stops the process. */
const RESERVE_MS = 10_000;

function openTick(): TickRoom {
  const environment = readChecksEnvironment(process.env);
  const counter = createCallCounter();
  return {
    tick: connectTick(environment, counter.onCall),
    logger: createLogger(environment.logLevel, systemClock.nowMs, writeToStdout),
    nowMs: systemClock.nowMs,
    takeCalls: counter.take,
  };
}

let opened: TickRoom | undefined;
/** Once per cold start, so that connections to AWS are kept. */
function room(): TickRoom {
  opened ??= openTick();
  return opened;
}

/** The schedule of the stack. */
export const handler = middy(async (event: unknown, context: Context): Promise<void> => {
  const nonce = tickNonce(event);
  if (nonce === null) throw new OperationError('EVENT_MALFORMED', 'never', 'only its schedule starts checks');
  const deadlineMs = systemClock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
  await answerTick(room(), nonce, context.awsRequestId, deadlineMs);
});
