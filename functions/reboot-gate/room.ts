import type { Context } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import {
  addressOf,
  type ClientRequest,
  GRANTED,
  readClientRequest,
  refused,
} from '../core/reboot/fleet-lock.ts';
import { type GatewayAnswer, gatewayAnswer, type HttpAnswer, type HttpRequest } from '../core/reboot/http.ts';
import { refusal } from '../core/reboot/refusal.ts';
import { within } from '../edge/deadline.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import { answerClient } from '../engine/reboot/gate.ts';
import { denied, type Outcome } from '../engine/reboot/outcome.ts';
import type { RebootPorts, Turn } from '../engine/reboot/ports.ts';
import type { Access } from './access.ts';
import { tellOutcome } from './telling.ts';

/** What the room works with; made once per cold start. */
export interface RebootRoom {
  readonly ports: RebootPorts;
  readonly access: Access;
  /** Look and report only: no lock is given, and none is taken back. */
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Kept back so that an answer is given before Lambda stops the process. */
const RESERVE_MS = 2_000;
const DRY = refusal('cluster_frozen', 'the autopilot runs dry, and changes nothing');

/** Answers a reboot client. Never fails: whatever goes wrong is a refusal, and told in the log. */
export async function answerHttp(
  room: RebootRoom,
  request: HttpRequest,
  context: Context,
): Promise<GatewayAnswer> {
  const requestId = context.awsRequestId;
  try {
    return gatewayAnswer(request.from, await answer(room, request, context));
  } catch (error) {
    room.logger.error({ event: 'room.failed', requestId, ...errorFields(error) });
    const kind = error instanceof OperationError ? 'cluster_unavailable' : 'internal_error';
    return gatewayAnswer(request.from, refused(refusal(kind)));
  }
}

async function answer(room: RebootRoom, request: HttpRequest, context: Context): Promise<HttpAnswer> {
  const requestId = context.awsRequestId;
  const { cluster, secret, rest } = addressOf(request.path);
  const judged = await room.access.judge({ cluster, secret });
  if (!judged.ok) {
    // Nobody is known to be who they say: no figure is kept by a name that anybody could make up.
    room.logger.info({
      event: 'request.answered',
      requestId,
      outcome: 'access_refused',
      because: judged.because,
    });
    return refused(refusal('access_refused'));
  }
  const asked = readClientRequest(request, rest);
  if ('value' in asked) {
    room.logger.warn({
      event: 'request.answered',
      requestId,
      cluster,
      outcome: asked.kind,
      because: asked.value,
    });
    room.metrics.emit(cluster, { [`RebootRefused_${asked.kind}`]: 1 });
    return refused(asked);
  }
  const outcome = await work(room, cluster, asked, context);
  tellOutcome(room, { requestId, cluster, group: asked.group, operation: asked.operation }, outcome);
  return outcome.refusal === null ? GRANTED : refused(outcome.refusal);
}

function work(
  { ports, dryRun }: RebootRoom,
  cluster: string,
  asked: ClientRequest,
  context: Context,
): Promise<Outcome> {
  if (dryRun) return Promise.resolve(denied(DRY));
  const turn = turnOf(ports, context);
  const budgetMs = turn.deadlineMs - ports.clock.nowMs();
  // What comes too late may still take the lock: whoever asks again is told so.
  return within(budgetMs, answerClient(turn, cluster, asked), () => denied(refusal('busy')));
}

export const turnOf = (ports: RebootPorts, context: Context): Turn => ({
  ports,
  owner: context.awsRequestId,
  deadlineMs: ports.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS,
});
