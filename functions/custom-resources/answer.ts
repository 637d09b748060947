import { type CfnAnswer, type CfnRequest, parseCfnRequest } from '../core/cfn.ts';
import { clusterNameIn, failedIdOf } from '../core/custom-resource.ts';
import { invariant, OperationError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { POST_WORST_MS, type PostAnswer } from '../edge/cloudformation.ts';
import { within } from '../edge/deadline.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import { deregisterCluster, registerCluster } from './cluster.ts';
import { readEndpoints } from './endpoints.ts';
import { type AT_THE_GATE, askGate } from './gate.ts';
import type { Done, Reach, Site } from './site.ts';
import { acceptTeardown, beginTeardown } from './teardown.ts';
import { acceptWorkers, dismissWorkers } from './workers.ts';

export interface Room {
  /** Opened inside of the work, so that a broken deployment is answered as well. */
  readonly connect: () => Reach;
  readonly postAnswer: PostAnswer;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Kept back for the delivery of the answer, and a little more. */
const RESERVE_MS = POST_WORST_MS + 1_500;
/** Waiting ends this much before the guard, so that its own words are the answer. */
const GUARD_MS = 2_000;
const BUDGET_MIN_MS = GUARD_MS + 1_000;

/**
 * Answers CloudFormation exactly once, whatever the work does, and before Lambda's own timeout; a request that
 * waits at a gate is answered there.
 *
 * @throws {OperationError} `EVENT_MALFORMED`: there is nobody to answer. `ANSWER_UNDELIVERED`:
 * nobody took the answer; the work can be repeated.
 */
export async function answerRequest(room: Room, event: unknown, remainingMs: number): Promise<void> {
  const parsed = parseCfnRequest(event);
  if (!parsed.ok) throw new OperationError('EVENT_MALFORMED', 'never', parsed.reason);
  const { request } = parsed;
  const cluster = clusterNameIn(request);
  const startedAtMs = room.clock.nowMs();
  const budgetMs = Math.max(remainingMs - RESERVE_MS, BUDGET_MIN_MS);
  const attempt = new Attempt(room, request, startedAtMs + budgetMs - GUARD_MS);
  const answer = await within<CfnAnswer | AtTheGate>(budgetMs, attempt.run(), () => attempt.late(budgetMs));
  if (!('kind' in answer)) await room.postAnswer(request, answer);
  const told = 'kind' in answer ? ASKED : { outcome: answer.status, because: answer.reason };
  room.logger[told.outcome === 'FAILED' ? 'error' : 'info']({
    event: 'kind' in answer ? 'gate.waiting' : 'resource.answered',
    requestId: request.requestId,
    ...(cluster === null ? {} : { cluster }),
    kind: `${request.kind} ${request.resourceType}`,
    ...told,
    durationMs: room.clock.nowMs() - startedAtMs,
    ...(attempt.error === null ? {} : errorFields(attempt.error)),
  });
}

const ASKED = { outcome: 'asked', because: 'the function gate answers it' } as const;
type AtTheGate = typeof AT_THE_GATE;

class Attempt {
  readonly #room: Room;
  readonly #request: CfnRequest;
  readonly #deadlineMs: number;
  /**
   * What a failure is answered with. Until something may have been written, a Create
   * gets the marker of a failed one; from then on the real id, so that the Delete which
   * follows finds what was written.
   */
  #physicalId: string;
  #isAnswered = false;
  error: unknown = null;

  constructor(room: Room, request: CfnRequest, deadlineMs: number) {
    this.#room = room;
    this.#request = request;
    this.#deadlineMs = deadlineMs;
    this.#physicalId = request.physicalId ?? failedIdOf(request);
  }

  async run(): Promise<CfnAnswer | AtTheGate> {
    try {
      const done = await work(() => this.#site(), this.#request);
      return 'kind' in done ? done : { status: 'SUCCESS', ...done };
    } catch (error) {
      this.error = error;
      return this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  late(budgetMs: number): CfnAnswer {
    this.#isAnswered = true;
    return this.#failed(`not done within ${Math.round(budgetMs / 1_000)} seconds; it can be tried again`);
  }

  #failed(reason: string): CfnAnswer {
    return { status: 'FAILED', reason, physicalId: this.#physicalId, attributes: {} };
  }

  #site(): Site {
    const { clock, logger, connect } = this.#room;
    const { requestId, kind } = this.#request;
    return {
      ...connect(),
      clock,
      deadlineMs: this.#deadlineMs,
      requestId,
      onRecording: (physicalId) => {
        // Lambda may thaw work that was given up: it must not write behind an answer.
        invariant(!this.#isAnswered, 'nothing is recorded after the answer');
        if (kind === 'Create') this.#physicalId = physicalId;
      },
      onLookNotAsked: (cluster, error) =>
        logger.warn({ event: 'look.notAsked', requestId, cluster, ...errorFields(error) }),
    };
  }
}

async function work(site: () => Site, request: CfnRequest): Promise<Done | AtTheGate> {
  const isDelete = request.kind === 'Delete';
  if (isDelete && request.physicalId === null) {
    return { physicalId: failedIdOf(request), reason: 'there is nothing to delete', attributes: {} };
  }
  switch (request.resourceType) {
    case 'Custom::EtcdCluster':
      return isDelete ? deregisterCluster(site(), request) : registerCluster(site(), request);
    case 'Custom::EtcdTeardown':
      return isDelete ? beginTeardown(site(), request) : acceptTeardown(request);
    case 'Custom::EtcdWorkers':
      return isDelete ? dismissWorkers(site(), request) : acceptWorkers(site(), request);
    case 'Custom::EtcdEndpoints':
      return isDelete ? nothingToDelete(request, 'it only read') : readEndpoints(site(), request);
    case 'Custom::EtcdGate':
      return isDelete ? nothingToDelete(request, 'it only waited') : askGate(site(), request);
    default:
      if (isDelete) return { physicalId: request.physicalId ?? '', reason: 'not ours', attributes: {} };
      throw new OperationError(
        'CONFIG_INVALID',
        'never',
        `there is no resource type ${request.resourceType}`,
      );
  }
}

const nothingToDelete = ({ physicalId }: CfnRequest, because: string): Done => ({
  physicalId: physicalId ?? '',
  reason: `there is nothing to delete: ${because}`,
  attributes: {},
});
