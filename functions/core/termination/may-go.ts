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
  if (shortfalls.length === 0 || !isSpare(candidate)) return shortfalls;
  const others = without(sight, candidate.instanceId);
  if (others.voters.length < quorumOf(sight.voters.length)) return shortfalls;
  const asked: Require = { ...require, tolerance: 0, voters: others.voters.length, stableSeconds: 0 };
  return judgeTolerance(others, asked, nowMs);
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
  const isOfVoter = (subject: string | null): boolean => voters.some(({ name }) => name === subject);
  return {
    ...sight,
    voters,
    learners: sight.learners.filter((name) => name !== gone),
    obstacles: sight.obstacles.filter(({ code, subject }) => code !== 'changeInFlight' || isOfVoter(subject)),
  };
}
