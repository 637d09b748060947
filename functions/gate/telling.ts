import type { CfnRequest } from '../core/cfn.ts';
import { clusterNameIn } from '../core/custom-resource.ts';
import type { OperationError } from '../core/errors.ts';
import type { GateWords } from '../core/gate/words.ts';
import { shortfallsText } from '../core/shortfalls.ts';
import { errorFields, type LogFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { Decision } from './receive.ts';

interface Voice {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** One receive, as it is told. */
export interface Told {
  readonly decision: Decision;
  readonly durationMs: number;
  /** Since the request came. */
  readonly waitedMs: number;
}

/** Metrics need a cluster, and a request may be for none that can be one. */
const NO_CLUSTER = 'unknown';

const fieldsOf = (request: CfnRequest): Pick<LogFields, 'requestId' | 'cluster' | 'kind'> => {
  const cluster = clusterNameIn(request);
  const { requestId, kind, resourceType } = request;
  return { requestId, kind: `${kind} ${resourceType}`, ...(cluster === null ? {} : { cluster }) };
};

const emit = ({ metrics }: Voice, request: CfnRequest, values: Readonly<Record<string, number>>): void =>
  metrics.emit(clusterNameIn(request) ?? NO_CLUSTER, values);

/** The gate is shut, and its time is not over. */
export function tellWaiting(voice: Voice, request: CfnRequest, { decision, durationMs }: Told): void {
  const { shortfalls, askCount: lookCount, error } = decision;
  const fields = { ...fieldsOf(request), lookCount, durationMs };
  if (error !== null) {
    voice.logger.error({ event: 'room.failed', ...fields, ...errorFields(error) });
    emit(voice, request, { RoomFailed: 1 });
    return;
  }
  voice.logger.info({ event: 'gate.waiting', ...fields, because: shortfallsText(shortfalls) });
  emit(voice, request, {
    GateWaiting: 1,
    ...Object.fromEntries(shortfalls.map(({ code }) => [`Shortfall_${code}`, 1])),
  });
}

export function tellAnswered(voice: Voice, request: CfnRequest, words: GateWords, told: Told): void {
  const { askCount: lookCount, error } = told.decision;
  const isOpen = words.status === 'SUCCESS';
  voice.logger[isOpen ? 'info' : 'error']({
    event: 'resource.answered',
    ...fieldsOf(request),
    outcome: words.status,
    because: words.reason,
    lookCount,
    durationMs: told.durationMs,
    ...(error === null ? {} : errorFields(error)),
  });
  const count = isOpen ? { GateOpened: 1 } : { GateRefused: 1 };
  emit(voice, request, { ...count, GateWaitedMs: told.waitedMs });
}

/** Nobody took the answer. `isOver`: it is offered no more, and CloudFormation ends the wait itself. */
export function tellUndelivered(voice: Voice, request: CfnRequest, error: unknown, isOver: boolean): void {
  const event = isOver ? 'gate.abandoned' : 'gate.undelivered';
  voice.logger.error({ event, ...fieldsOf(request), ...errorFields(error) });
  emit(voice, request, isOver ? { GateAbandoned: 1 } : { GateUndelivered: 1 });
}

/** Something that the gate can do without, this time. */
export function tellTrouble({ logger }: Voice, request: CfnRequest, error: OperationError): void {
  logger.warn({ event: 'gate.troubled', ...fieldsOf(request), ...errorFields(error) });
}
