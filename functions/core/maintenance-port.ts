import type { MemberId } from './identity.ts';

/** What keeps a member's database small and true. `endpoint` is the client URL of the member that is asked. */
export interface MaintenancePort {
  /** Every alarm that stands, as a majority confirms it: the question itself goes through the log. */
  alarms(endpoint: string): Promise<readonly EtcdAlarm[]>;
  /** Takes back one member's alarm; one that does not stand is fine. */
  disarm(endpoint: string, alarm: EtcdAlarm): Promise<void>;
  /**
   * Forgets every older value than those at `revision` (decimal text), on all members. What is compacted already
   * is fine. Members free the space by and by; the database file keeps its size.
   */
  compact(endpoint: string, revision: string): Promise<void>;
  /**
   * Rewrites this one member's database file without its holes. The member answers nobody meanwhile, and goes on
   * with it also when nobody waits any more, which is after `withinMs`, or tens of seconds at the latest.
   */
  defragment(endpoint: string, withinMs: number): Promise<void>;
  /** The hash of everything this member holds up to `revision`; two are comparable only at one compact revision. */
  hashKv(endpoint: string, revision: string): Promise<KvHash>;
  /** How many keys there are at `revision`, as this member has them. */
  countKeys(endpoint: string, revision: string): Promise<number>;
}

export interface EtcdAlarm {
  readonly memberId: MemberId;
  /** `NOSPACE`, `CORRUPT`, or what a later etcd may bring. */
  readonly alarm: string;
}

export interface KvHash {
  /** Decimal text, as the revisions. */
  readonly hash: string;
  readonly compactRevision: string;
  /** The one that was asked for. */
  readonly revision: string;
}
