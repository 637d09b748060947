import type { ClusterConfig } from '../config.ts';
import type { Host } from '../hosts.ts';
import type { InstanceId } from '../identity.ts';
import type { JoinedGroup } from '../joined.ts';
import type { HookSettings, ScalingActivity } from '../ports.ts';
import type { DnsState } from './state.ts';
import type { RecordSet, Zone } from './zone-port.ts';

/** Everything that one decision about a hosted zone is based on, read once. */
export interface ZoneWorld {
  readonly takenAtMs: number;
  readonly zoneId: string;
  /** `account/region/stack`. */
  readonly owner: string;
  /** `unknown`: Route 53 has no such zone; `null`: it did not say. */
  readonly zone: Zone | 'unknown' | null;
  readonly clusters: readonly ClusterWorld[];
  /** `null`: EC2 did not answer, so no address is known and nobody is known to be dead. */
  readonly hosts: ReadonlyMap<InstanceId, Host | 'notFound'> | null;
  /** By name. A name that is not in here was not read: what stands there is unknown. */
  readonly records: ReadonlyMap<string, readonly RecordSet[]>;
}

export interface ClusterWorld {
  readonly name: string;
  readonly standing: Standing;
  /** Why it stands like this; of `registered` what was wrong with its memory, if anything was. */
  readonly because: string;
  /** Where it is `registered`. */
  readonly config: ClusterConfig | null;
  readonly endpoints: string | null;
  readonly peers: string | null;
  /** Groups of this cluster with this zone in their tags, or with tags about it that cannot be read. */
  readonly groups: readonly JoinedGroup[];
  /** Instances of the cluster's groups that have their name in another zone. */
  readonly elsewhere: ReadonlySet<InstanceId>;
  readonly state: DnsState;
  /** `null`: there is none. */
  readonly stateText: string | null;
  /** By group, of groups that somebody leaves. A group that is not in here: nobody knows. */
  readonly hooks: ReadonlyMap<string, readonly HookSettings[]>;
  readonly activities: ReadonlyMap<string, readonly ScalingActivity[]>;
  /** Since when instances have been seen waiting: never too early, and for those of whom no activity tells. */
  readonly seenWaitingMs: ReadonlyMap<InstanceId, number>;
}

/**
 * `frozen`: a person froze it or must correct it: heartbeats only (rule R13). `newer`: a newer version
 * of the autopilot keeps its memory: the same. `unknown`: its parameters could not be read: the same. `deleting`: the intent is recorded, or all that proves the
 * cluster is gone: its names are given up. `absent`: nobody registered it, or somebody deleted its
 * configuration by hand: nothing new is published, nothing is given up but what leaves.
 */
export type Standing = 'registered' | 'frozen' | 'newer' | 'unknown' | 'deleting' | 'absent';

/** Whether anything about the cluster may be changed at all. */
export const isOpen = ({ standing }: Pick<ClusterWorld, 'standing'>): boolean =>
  standing === 'registered' || standing === 'deleting' || standing === 'absent';

/** Nobody is held for longer, counted from when its group began to end it, whatever the reason. */
export const HOLD_MAX_MS = 15 * 60_000;
