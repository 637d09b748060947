import type { Host } from '../hosts.ts';
import type { InstanceId } from '../identity.ts';
import type { JoinedGroup } from '../joined.ts';
import type { HookSettings } from '../ports.ts';
import type { KeySight } from './key-port.ts';

/** Everything that one decision about the registry is based on, read once. */
export interface RegistryWorld {
  readonly cluster: string;
  readonly takenAtMs: number;
  /** Every group that joined the cluster, with the instances of its warm pool. */
  readonly groups: readonly JoinedGroup[];
  /** What may be done in this look, and why not more. */
  readonly access: RegistryAccess;
  /** Our hook in each group that somebody leaves; `null`: it has none. A group that is not in here: nobody knows. */
  readonly hooks: ReadonlyMap<string, HookSettings | null>;
  /** Since when instances wait in their terminate hooks, by the activities of their groups. */
  readonly waitingSinceMs: ReadonlyMap<InstanceId, number>;
  /** Hooks that were completed already; Auto Scaling may still list them, or wait for another hook. */
  readonly answered: ReadonlySet<InstanceId>;
  readonly past: RegistryPast;
}

export type RegistryAccess =
  /** A voter of the cluster answers. */
  | {
      readonly kind: 'open';
      readonly keys: KeySight;
      /** What EC2 says of every instance that is listed or has a key. */
      readonly hosts: ReadonlyMap<InstanceId, Host | 'notFound'>;
    }
  /** Something must be waited for; hooks are held, but not for ever. */
  | { readonly kind: 'held'; readonly because: string }
  /** A person froze the cluster, or must correct it: heartbeats only. */
  | { readonly kind: 'frozen'; readonly because: string }
  /** The cluster is deleted or never existed: nothing is written, and every hook let go. */
  | { readonly kind: 'gone'; readonly because: 'deleted' | 'unknown' };

/** What the function remembers between its looks. None of it is needed: after a crash it begins anew. */
export interface RegistryPast {
  /** What stood there when all was in place; a difference to it is somebody's edit. */
  readonly placed: ReadonlyMap<string, string>;
  /** For how long instances with keys have been in no group's list, by consecutive looks. */
  readonly unlistedForMs: ReadonlyMap<InstanceId, number>;
}

/** Nobody is held for longer, counted from when its group began to end it, whatever the reason. */
export const HOLD_MAX_MS = 15 * 60_000;

/**
 * A running instance that no group lists was detached, or the list was not complete: it keeps its
 * keys until it has been missing for as long as this.
 */
export const UNLISTED_MS = 60_000;
