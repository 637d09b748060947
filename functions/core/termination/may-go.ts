import type { InstanceId } from '../identity.ts';
import { quorumOf } from '../quorum.ts';
import type { Shortfall } from '../shortfalls.ts';
import { type ClusterSight, judgeTolerance, type Require } from '../tolerance.ts';
import type { Candidate } from './order.ts';

/**
 * What keeps this one from going; empty: nothing. Whoever is well may go while the cluster tolerates one more
 * failure. Who is no voter, or a voter that failed already, takes nothing from the cluster by going, and may be
 * all that keeps the condition from holding: it may go while everything but itself is well.
 */
export function judgeGoing(
  candidate: Candidate,
  sight: ClusterSight,
  require: Require,
  nowMs: number,
): readonly Shortfall[] {
  const shortfalls = judgeTolerance(sight, require, nowMs);
  if (shortfalls.length === 0) return shortfalls;
  if (!isSpare(candidate)) return hasSurplus(sight) ? judgeSurplus(sight, require, nowMs) : shortfalls;
  const others = without(sight, candidate.instanceId);
  if (others.voters.length < quorumOf(sight.voters.length)) return shortfalls;
  const asked: Require = { ...require, tolerance: 0, voters: others.voters.length, stableSeconds: 0 };
  return judgeTolerance(others, asked, nowMs);
}

/** As many voters as the group wants are left. */
const hasSurplus = ({ voters, desired, obstacles }: ClusterSight): boolean =>
  desired !== null && voters.length > Math.max(1, desired) && obstacles.length > 0;

/**
 * A newcomer that is no member is nobody's replacement there, and may never become one; the platform may not even
 * suggest it, since it does those of one zone. While it waits the cluster is never calm: how long is not asked.
 */
function judgeSurplus(sight: ClusterSight, require: Require, nowMs: number): readonly Shortfall[] {
  const settled = { ...sight, obstacles: withoutNewcomers(sight) };
  const isNewcomer = settled.obstacles.length < sight.obstacles.length;
  return judgeTolerance(settled, isNewcomer ? { ...require, stableSeconds: 0 } : require, nowMs);
}

/** The leader leads, whatever else is wrong with it. */
const isSpare = ({ role, isFailing }: Candidate): boolean =>
  role === 'notVoter' || (role === 'follower' && isFailing);

/**
 * The cluster as if this one were not there, nor anything that is said of it but that it reboots; nor newcomers that
 * are no members yet: two that can never join would keep each other for ever.
 */
function without(sight: ClusterSight, gone: InstanceId): ClusterSight {
  const voters = sight.voters.filter(({ name }) => name !== gone);
  const learners = sight.learners.filter((name) => name !== gone);
  return { ...sight, voters, learners, obstacles: withoutNewcomers({ ...sight, voters }) };
}

const withoutNewcomers = ({ obstacles, voters }: ClusterSight): ClusterSight['obstacles'] =>
  obstacles.filter(
    ({ code, subject }) => code !== 'changeInFlight' || voters.some(({ name }) => name === subject),
  );
