import type { AlarmedView } from './alarmed.ts';
import type { Sight } from './checks/sight.ts';
import type { MemberId } from './identity.ts';
import type { KvHash } from './maintenance-port.ts';

/** What is known of the members' databases beside their sizes, each only where something may be decided by it. */
export interface DatabaseSight {
  /** `null`: no alarm stands, or nobody who proves a majority tells one. */
  readonly alarmed: AlarmedView | null;
  /** Hashes at one revision, of the voters that told one; empty: nothing gives a reason to compare. */
  readonly hashes: ReadonlyMap<MemberId, KvHash>;
  /** How far the cluster was, minute by minute; `null`: not asked, or not known. */
  readonly past: Sight | null;
}

export const NO_DATABASES: DatabaseSight = { alarmed: null, hashes: new Map(), past: null };
