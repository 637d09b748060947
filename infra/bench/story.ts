import type { Stage } from '../demo/stage.ts';
import type { Region } from '../local/region.ts';
import type { FloorCluster } from './floor-cluster.ts';
import type { FloorMember } from './floor-member.ts';
import type { Interval } from './intervals.ts';
import type { Observer } from './observer.ts';

/** What was done, and what must come of it. Times are of the monotonic clock. */
export interface Deed {
  /** From here on time to full voting strength counts. */
  readonly fromMs: number;
  /** From here on writes may suffer; `fromMs` if not given. */
  readonly beganMs?: number;
  /** Instances that must not be members at the end. */
  readonly gone: readonly string[];
  /** Times in which the story itself waited. */
  readonly given?: readonly Interval[];
  /** What else must be true at the end, beyond a whole cluster. */
  readonly isOver?: () => Promise<boolean>;
  /** When so many processes were started again that they are a quorum. */
  readonly quorumStartedMs?: () => Promise<number | null>;
}

/** A cluster of the local region, and who watches it. */
export interface OurGround {
  readonly region: Region;
  readonly stage: Stage;
  readonly observer: Observer;
  /** Instances in service. */
  readonly instances: readonly string[];
  /** Updates the cluster's stack with these parameters beside those that it has. @throws {Error} it was rolled back */
  update(parameters: Readonly<Record<string, string>>): Promise<unknown>;
}

/** The same by hand. */
export interface FloorGround {
  readonly cluster: FloorCluster;
  readonly observer: Observer;
}

/** What the floor did, and who is left over from it. */
export type FloorDeed = Deed & { readonly leftOver: readonly FloorMember[] };

export interface Story {
  readonly name: string;
  /** For somebody who reads the table. */
  readonly about: string;
  /** Voters before and after. */
  readonly size: number;
  readonly isQuick: boolean;
  readonly isRefresh?: true;
  /** `null`: the cluster is founded. */
  readonly change: {
    readonly ours: (ground: OurGround) => Promise<Deed>;
    readonly floor: (ground: FloorGround) => Promise<FloorDeed>;
  } | null;
}

/** etcd adds and removes nobody while it has been connected to too few of the members for five seconds. */
export const CONNECTED_MS = 5_500;

/** So long after the first instance it is replaced, and what the second takes is counted from the second. */
export const MENDED_MS = 10_000;

/** @throws {Error} nobody leads, although the cluster takes writes. */
export function leaderOf({ leader }: Observer): string {
  if (leader === null) throw new Error('nobody is seen to lead the cluster');
  return leader;
}
