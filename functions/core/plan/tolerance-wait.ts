import type { InstanceId, MemberId } from '../identity.ts';
import type { Shortfall } from '../shortfalls.ts';

/** What waits because the cluster could not lose another voter, and what keeps it from ever being able to. */
export type ToleranceWait =
  | {
      readonly kind: 'notTolerant';
      readonly memberId: MemberId;
      readonly instanceId: InstanceId;
      /** About the other voters that are to stay. */
      readonly shortfalls: readonly Shortfall[];
      /** The hook is young, and they may be back in a moment. */
      readonly isSoon: boolean;
    }
  /** A newcomer that votes, and does not keep up yet. */
  | { readonly kind: 'voterBehind'; readonly memberId: MemberId; readonly instanceId: InstanceId }
  /** A word of advice: nothing waits for it. */
  | { readonly kind: 'evenSize'; readonly desiredCapacity: number };
