import type { Ending } from '../ports.ts';

/** `outOfService`: retained, or in the warm pool. `diskLost`: the boot script itself reported that the disk is empty. */
export type DepartureReason =
  | 'terminating'
  | 'outOfService'
  | 'instanceGone'
  | 'diskLost'
  | 'neverStarted'
  | 'neverCaughtUp'
  | 'versionStep'
  | 'corrupt';
/** `silent`: beyond its grace. The others: EC2 has announced the machine's end. */
export type ReportReason = 'silent' | Ending;
export type CleanupReason = 'instanceGone' | 'reportHandled' | 'clusterDeleted' | 'quorumBack';
export type ReleaseReason =
  | 'votes'
  | 'left'
  | 'neverJoined'
  | 'warmed'
  | 'claimFailed'
  | 'clusterDeleted'
  | 'fenced'
  | 'joinFailed';

/** `steady`: it votes, and the cluster has tolerated one more failure for its window. */
export type SignalReason = 'steady' | 'joinFailed' | 'claimFailed';

/** What comes next for a silent voter. */
export type SilenceStep =
  | 'grace'
  | 'asking'
  | 'heard'
  | 'unconfirmed'
  | 'due'
  | 'replaced'
  | 'overdue'
  | 'vetoed'
  | 'queued'
  | 'kept';
