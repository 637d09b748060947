import type { Observation } from '../observation.ts';
import { isWorthFollowing, type Plan } from './plan.ts';

/** So long after an instance began to wait in a hook: a process that was killed is up again within seconds. */
const QUORUM_AWAITED_MS = 30_000;

/** Whether the pass keeps looking although there is nothing to do now. `null`: nothing could be planned from. */
export const isFollowed = (plan: Plan, world: Observation | null): boolean =>
  isWorthFollowing(plan) || (world !== null && isQuorumAwaited(plan, world));

/**
 * Whether quorum may soon be back for an instance that waits in a hook: no event tells when etcd has
 * started again. The age of the hooks bounds it: a majority that is lost for good keeps no function busy.
 */
function isQuorumAwaited({ waits }: Plan, { instances, takenAtMs }: Observation): boolean {
  const kinds = waits.map(({ kind }) => kind);
  if (!kinds.includes('quorumUnknown') || kinds.includes('frozen')) return false;
  return instances.some(
    ({ waitsIn, hookSinceMs }) =>
      waitsIn !== null && hookSinceMs !== null && takenAtMs - hookSinceMs < QUORUM_AWAITED_MS,
  );
}
