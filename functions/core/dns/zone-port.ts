/**
 * Record sets as Route 53 has them, in our words: names in lower case, without
 * escapes and without the trailing dot; values exactly as Route 53 writes them
 * (TXT in its quotes), because a deletion has to name them exactly.
 */
export interface RecordSet {
  readonly name: string;
  /** `A`, `AAAA`, `SRV`, `TXT`, and whatever else others wrote: `CNAME`, `NS`, … */
  readonly type: string;
  /** Only what is `multivalue` or `other` has one. */
  readonly setIdentifier: string | null;
  /** `other`: an alias, or weighted, by latency, place, failover or network: never ours. */
  readonly routing: 'simple' | 'multivalue' | 'other';
  /** `null` for an alias, which takes that of its target. */
  readonly ttlSeconds: number | null;
  readonly values: readonly string[];
  /** A health check that somebody hung on it: a deletion has to name it. */
  readonly healthCheckId: string | null;
}

/** `CREATE` fails the whole batch when the record set is there already: the one conditional write of Route 53. */
export interface RecordChange {
  readonly action: 'CREATE' | 'UPSERT' | 'DELETE';
  readonly record: RecordSet;
}

export interface Zone {
  /** In lower case, without the trailing dot. */
  readonly name: string;
  readonly isPrivate: boolean;
}

export type ChangeAnswer =
  | { readonly kind: 'accepted'; readonly changeId: string }
  /** Nothing of the batch was done, and the same batch never will be: a person, or another look, has to help. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Complete or an `OperationError`, like every port. A zone that is busy or throttled throws with `nextLook`. */
export interface ZoneLookup {
  /** `unknown`: Route 53 says that this account has no such zone. */
  describeZone(zone: string): Promise<Zone | 'unknown'>;
  /** Every record set of exactly this name, whoever wrote it, by type and set identifier. */
  listName(zone: string, name: string): Promise<readonly RecordSet[]>;
}

export interface ZonePort extends ZoneLookup {
  /** One batch: all of it or nothing. At most 1,000 record values, and an `UPSERT` counts twice. */
  change(zone: string, changes: readonly RecordChange[]): Promise<ChangeAnswer>;
  /** Whether every name server of Route 53 answers with the change. */
  isInSync(changeId: string): Promise<boolean>;
}
