import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { ObjectLook } from '../core/backup/object-port.ts';
import { OperationError } from '../core/errors.ts';
import { type GatewayAnswer, parseHttp } from '../core/reboot/http.ts';
import { isOperatorEvent } from '../core/reboot/request.ts';
import { systemClock } from '../edge/clock.ts';
import { connectEtcd } from '../edge/connect-etcd.ts';
import { readRebootEnvironment } from '../edge/environment.ts';
import { createLogger, writeToStdout } from '../edge/logger.ts';
import { createMetrics } from '../edge/metrics.ts';
import { uniqueToken } from '../edge/unique-token.ts';
import { connectReboots } from '../edge/wiring-reboot.ts';
import { Access } from './access.ts';
import { answerOperator, type RebootAnswer } from './operator.ts';
import { answerHttp, type RebootRoom } from './room.ts';

/** Who may reboot is not a matter of snapshots: nothing is known of them here. */
const NO_OBJECTS: ObjectLook = { readText: async () => null, list: async () => [] };

function openRoom(): RebootRoom {
  const environment = readRebootEnvironment(process.env);
  const ports = {
    ...connectReboots(environment),
    clock: systemClock,
    uniqueToken,
    openEtcd: connectEtcd,
    objectsIn: () => NO_OBJECTS,
  };
  return {
    ports,
    access: new Access(ports.secrets, systemClock, environment.secretsPath),
    dryRun: environment.dryRun,
    logger: createLogger(environment.logLevel, systemClock.nowMs, writeToStdout),
    metrics: createMetrics(systemClock.nowMs, writeToStdout),
  };
}

let opened: RebootRoom | undefined;
/** Once per cold start, so that connections to AWS are kept. */
function room(): RebootRoom {
  opened ??= openRoom();
  return opened;
}

/** Requests of reboot clients, through a function URL or a load balancer, and what operators ask directly. */
export const handler = middy(
  async (event: unknown, context: Context): Promise<GatewayAnswer | RebootAnswer> => {
    if (isOperatorEvent(event)) return answerOperator(room(), event, context);
    const request = parseHttp(event);
    if (request !== null) return answerHttp(room(), request, context);
    throw new OperationError('EVENT_MALFORMED', 'never', 'reboot-gate answers HTTP requests and operators');
  },
);
