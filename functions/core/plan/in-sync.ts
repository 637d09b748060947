import { furthestIndex } from '../lag.ts';
import type { Member, MemberView } from '../observation.ts';

/** etcd's own measure: nine tenths of the leader's index (it judges again, and may still say no). */
export function isInSync(view: MemberView, learner: Member): boolean {
  const target = furthestIndex(view);
  return target !== null && learner.raftIndex !== null && learner.raftIndex * 10n >= target * 9n;
}

/** Entries that a learner may lag behind and still count as in sync for the second voter: a second of writes. */
const LAG_MAX = 100n;

/**
 * The stricter measure for 1 → 2: after that promotion nothing commits without the newcomer. A cluster that is young,
 * or was just restored, has hardly more entries than that in all.
 */
export function isCloseBehind(view: MemberView, learner: Member): boolean {
  const target = furthestIndex(view);
  if (target === null || learner.raftIndex === null) return false;
  return target - learner.raftIndex <= LAG_MAX && isInSync(view, learner);
}
