import { OperationError, unreachable } from '../../core/errors.ts';
import { type Failure, judgeFailure } from './failure.ts';

/** What we asked of etcd, as messages say it. */
export const OPERATIONS = {
  probe: 'probe it',
  members: 'list its members',
  read: 'read a key',
  write: 'write a key',
  addLearner: 'add a learner',
  promote: 'promote a learner',
  remove: 'remove a member',
  moveLeader: 'move leadership',
  takePermit: 'take the permit',
  renewPermit: 'renew the permit',
  releasePermit: 'release the permit',
  alarms: 'tell its alarms',
  disarm: 'take back an alarm',
  compact: 'forget old revisions',
  defragment: 'defragment its database',
  hashKv: 'hash its key space',
  countKeys: 'count its keys',
  snapshot: 'send its database',
} as const;
export type EtcdOperation = keyof typeof OPERATIONS;

/** After these, silence means that nobody knows whether it happened: neither failure nor success. */
const MUTATIONS: ReadonlySet<EtcdOperation> = new Set([
  'write',
  'addLearner',
  'promote',
  'remove',
  'moveLeader',
  'takePermit',
  'renewPermit',
  'releasePermit',
  'disarm',
  'compact',
  'defragment',
]);

/**
 * Puts a failure of etcd3 in our words; the original travels as `cause`.
 *
 * @throws the error as it is, where it is neither etcd's nor the network's: a bug
 * of ours must not be dressed as weather.
 */
export function translateEtcdError(
  cause: unknown,
  operation: EtcdOperation,
  endpoint: string,
): OperationError {
  const failure = judgeFailure(cause);
  if (failure === null) throw cause;
  const message = `${whatHappened(failure, endpoint)} when asked to ${OPERATIONS[operation]}: ${failure.text}`;
  const hint = isUnsettled(failure) && MUTATIONS.has(operation) ? ' (it may have happened all the same)' : '';
  return new OperationError(
    codeOf(failure),
    failure.retry,
    message + hint,
    { operation, endpoint, text: failure.text },
    cause,
  );
}

/** Where no connection came about, nothing can have happened. */
const isUnsettled = ({ kind, text }: Failure): boolean =>
  (kind === 'unreachable' && !text.includes('No connection established')) ||
  kind === 'deadline' ||
  kind === 'unavailable';

function codeOf(failure: Failure): 'ETCD_UNAVAILABLE' | 'ETCD_REFUSED' | 'ETCD_ACCESS' {
  if (failure.kind === 'denied' || failure.kind === 'untrusted') return 'ETCD_ACCESS';
  return failure.kind === 'refused' ? 'ETCD_REFUSED' : 'ETCD_UNAVAILABLE';
}

function whatHappened({ kind }: Failure, endpoint: string): string {
  switch (kind) {
    case 'denied':
      return `etcd at ${endpoint} denied access`;
    case 'untrusted':
      return `etcd at ${endpoint} and the autopilot do not accept each other's certificates`;
    case 'notListening':
      return `nothing listens at ${endpoint}`;
    case 'unreachable':
      return `etcd at ${endpoint} could not be reached`;
    case 'deadline':
      return `etcd at ${endpoint} did not answer in time`;
    case 'unavailable':
      return `etcd at ${endpoint} was not able to answer`;
    case 'refused':
      return `etcd at ${endpoint} refused`;
    default:
      return unreachable(kind);
  }
}
