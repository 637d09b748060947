import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock } from '../edge/clock.ts';
import { createPostAnswer } from '../edge/cloudformation.ts';
import { processLogLevel, readRegistrationEnvironment } from '../edge/environment.ts';
import { createLogger, errorFields, writeToStdout } from '../edge/logger.ts';
import { connectResources, type ResourcePorts } from '../edge/wiring.ts';
import { answerRequest, type Room } from './answer.ts';

/** middy's own guard, after ours and before Lambda's: its default of 5 ms leaves no time for a word. */
const TIMEOUT_EARLY_MS = 1_000;

export const createHandler = (room: Room) =>
  middy({ timeoutEarlyInMillis: TIMEOUT_EARLY_MS })
    .handler(async (event: unknown, context: Context): Promise<void> => {
      await answerRequest(room, event, context.getRemainingTimeInMillis());
    })
    .onError(({ error }) => {
      room.logger.error({ event: 'room.failed', kind: 'custom-resources', ...errorFields(error) });
    });

let ports: ResourcePorts | null = null;

export const handler = createHandler({
  connect: () => {
    ports ??= connectResources(readRegistrationEnvironment(process.env));
    return ports;
  },
  postAnswer: createPostAnswer(systemClock),
  clock: systemClock,
  logger: createLogger(processLogLevel(), systemClock.nowMs, writeToStdout),
});
