import type { BackupRecord } from '../backup/parameter.ts';
import type { InstanceId, MemberId } from '../identity.ts';
import type { KvHash } from '../maintenance-port.ts';
import type { Observation } from '../observation.ts';
import type { Action, Wait } from '../plan/plan.ts';
import type { ChecksMemory } from './memory.ts';
import type { GroupSettings, Rule, ShownCertificate } from './ports.ts';
import type { Sight, SlowCounters } from './sight.ts';

/** Everything that one round of checks judges, read once. What could not be read is `null`, and named in `unread`. */
export interface ChecksWorld {
  readonly cluster: string;
  readonly nowMs: number;
  /** `null`: the look came to nothing that could be planned from; the waits say why. */
  readonly world: Observation | null;
  readonly waits: readonly Wait[];
  /** What membership would do now. */
  readonly pending: readonly Action[];
  /** What stands under the cluster's path. */
  readonly texts: ReadonlyMap<string, string>;
  readonly settings: GroupSettings | null;
  readonly rules: readonly Rule[] | null;
  /** By instance, of those that answered. */
  readonly counters: ReadonlyMap<InstanceId, SlowCounters>;
  readonly certificates: ReadonlyMap<InstanceId, ShownCertificate>;
  /** When the certificates end that the configuration names: of the authority, and of the functions. */
  readonly ownCertificates: readonly OwnCertificate[];
  /** Of each voter that answers, at one revision; empty: they were not compared this time. */
  readonly hashes: ReadonlyMap<MemberId, KvHash>;
  /** The permit for disruptions as it stands in etcd; `null`: nobody holds it, or nobody could tell. */
  readonly permit: string | null;
  /** What the last round wrote beside the snapshots. */
  readonly before: Sight | null;
  readonly backup: BackupRecord | null;
  /** The snapshot that `backup` names has its manifest; `null`: it names none, or nobody could tell. */
  readonly isSnapshotThere: boolean | null;
  readonly memory: ChecksMemory;
  readonly unread: readonly Unread[];
}

/** A reading that failed, and why: what depends on it is not judged. */
export interface Unread {
  readonly what: string;
  readonly because: string;
}

export interface OwnCertificate {
  /** The parameter that holds it. */
  readonly name: string;
  readonly endsAtMs: number;
}
