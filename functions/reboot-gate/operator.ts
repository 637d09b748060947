import type { Context } from 'aws-lambda';
import { OperationError } from '../core/errors.ts';
import { instancesOf } from '../core/reboot/client-id.ts';
import { type RefusalKind, refusal } from '../core/reboot/refusal.ts';
import { parseRebootRequest, type RebootRequest } from '../core/reboot/request.ts';
import { errorFields } from '../edge/logger.ts';
import { type ListedLock, listLocks } from '../engine/reboot/listing.ts';
import { denied } from '../engine/reboot/outcome.ts';
import { release } from '../engine/reboot/release.ts';
import { type RebootRoom, turnOf } from './room.ts';
import { tellOutcome } from './telling.ts';

/** What an operator gets who invokes the function: versioned JSON. */
export type RebootAnswer = LocksAnswer | ReleaseAnswer | RefusedAnswer;

export interface LocksAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: true;
  readonly request: 'reboots';
  readonly cluster: string;
  readonly locks: readonly ListedLock[];
}

export interface ReleaseAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: true;
  readonly request: 'releaseReboot';
  readonly cluster: string;
  readonly group: string;
  readonly instanceId: string;
  /** False: it did not hold the lock. */
  readonly released: boolean;
}

export interface RefusedAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: false;
  readonly code: RefusalKind | 'EVENT_MALFORMED';
  readonly message: string;
}

const refusedAnswer = (code: RefusedAnswer['code'], message: string): RefusedAnswer => ({
  etcdAutopilot: 1,
  ok: false,
  code,
  message,
});

/** Answers an operator: lists the locks of a cluster, or takes one off an instance. */
export async function answerOperator(
  room: RebootRoom,
  event: unknown,
  context: Context,
): Promise<RebootAnswer> {
  const parsed = parseRebootRequest(event);
  if (!parsed.ok) return refusedAnswer('EVENT_MALFORMED', parsed.reason);
  const { request } = parsed;
  const about = { requestId: context.awsRequestId, cluster: request.cluster, kind: request.request };
  try {
    return request.request === 'reboots'
      ? await list(room, request, context)
      : await free(room, request, context);
  } catch (error) {
    room.logger.error({ event: 'room.failed', ...about, ...errorFields(error) });
    if (!(error instanceof OperationError)) throw error; // a bug of ours: Lambda says so to whoever asked
    return refusedAnswer('cluster_unavailable', error.message);
  }
}

async function list(
  { ports }: RebootRoom,
  { cluster }: RebootRequest,
  context: Context,
): Promise<RebootAnswer> {
  const locks = await listLocks(turnOf(ports, context), cluster);
  if ('value' in locks) return refusedAnswer(locks.kind, locks.value);
  return { etcdAutopilot: 1, ok: true, request: 'reboots', cluster, locks };
}

async function free(
  room: RebootRoom,
  { cluster, group, id }: Extract<RebootRequest, { readonly request: 'releaseReboot' }>,
  context: Context,
): Promise<RebootAnswer> {
  const ids = instancesOf(id);
  if (ids.length === 0) return refusedAnswer('EVENT_MALFORMED', `"${id}" is the id of no instance`);
  const outcome = room.dryRun
    ? denied(refusal('cluster_frozen', 'the autopilot runs dry, and changes nothing'))
    : await release(turnOf(room.ports, context), { cluster, group, id }, ids);
  tellOutcome(room, { requestId: context.awsRequestId, cluster, group, operation: 'unlock' }, outcome);
  if (outcome.refusal !== null) return refusedAnswer(outcome.refusal.kind, outcome.refusal.value);
  const released = outcome.kind === 'released';
  const instanceId = outcome.instanceId ?? id;
  return { etcdAutopilot: 1, ok: true, request: 'releaseReboot', cluster, group, instanceId, released };
}
