import type { ClusterId, MemberId } from './identity.ts';

/** What one member says of itself. It says so without a majority, too: only a linearizable read proves one. */
export interface EtcdStatus {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  /** `null`: it sees no leader. */
  readonly leaderId: MemberId | null;
  readonly isLearner: boolean;
  /** Decimal text: raft indexes exceed what a number holds exactly. */
  readonly raftIndex: string;
  readonly raftTerm: string;
  /** What it has applied of its log; `null`: it does not say (before 3.4). */
  readonly appliedIndex: string | null;
  /** Of its key space; decimal text. */
  readonly revision: string;
  readonly version: string;
  /** The file, which never shrinks but by a defragmentation; and what of it holds anything (`null`: before 3.4). */
  readonly dbSizeBytes: number;
  readonly dbSizeInUseBytes: number | null;
  /** Alarms of the whole cluster as this member knows them, and what else it reports. */
  readonly errors: readonly string[];
}
