import type { ClusterId, MemberId } from './identity.ts';
import type { EtcdAlarm } from './maintenance-port.ts';
import type { Member } from './observation.ts';
import type { RebootLock } from './reboot/lock.ts';

/**
 * The cluster while an alarm stands. No voter "answers" then, for nobody else's purpose: etcd takes no writes,
 * so no permit can be written and nothing be remembered in it. What it still does is read, vote and change its
 * members, and who proves that is known here.
 */
export interface AlarmedView {
  /** The voter that this view was read from: it would answer, but for the alarm. */
  readonly witness: string;
  readonly clusterId: ClusterId;
  /** As in a `MemberView`: none of them answers. */
  readonly members: readonly Member[];
  /** Voters that would answer, but for the alarm: a linearizable read, the pinned cluster id, and a leader. */
  readonly proven: ReadonlySet<MemberId>;
  /** False when two of these tell different member lists: a change is in flight. */
  readonly agreed: boolean;
  readonly leaderId: MemberId | null;
  /** Of the witness, when it proved itself; decimal text. */
  readonly revision: string;
  /** As a majority confirms them. */
  readonly alarms: readonly EtcdAlarm[];
  /** The permit's key; `null`: nobody holds it. */
  readonly permit: { readonly sinceMs: number | null } | null;
  readonly rebooting: RebootLock;
}
