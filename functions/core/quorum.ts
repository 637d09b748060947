import { invariant } from './errors.ts';
import type { MemberId } from './identity.ts';
import { type Member, votersOf } from './observation.ts';

export const quorumOf = (voterCount: number): number => Math.floor(voterCount / 2) + 1;

/** A verdict speaks of the cluster *after* the change, and carries its evidence. */
export interface QuorumVerdict {
  readonly safe: boolean;
  /** Voters now, and how many of them answer. */
  readonly voterCount: number;
  readonly answeringCount: number;
  /** Voters after the change, and how many of those answer by what is known now. */
  readonly afterCount: number;
  readonly answeringAfterCount: number;
  readonly quorumAfterCount: number;
}

/**
 * Judges the cluster as it would stand once the voter `leaving` is gone (rule R2).
 * Two majorities must hold: today's voters commit the change, the survivors commit
 * the next write. Silence is not health; learners never count.
 *
 * @throws {InvariantError} `leaving` is not a voter: a planner bug, never a cluster state.
 */
export function judgeRemoval(members: readonly Member[], leaving: MemberId): QuorumVerdict {
  const voters = votersOf(members);
  invariant(
    voters.some((voter) => voter.id === leaving),
    `${leaving} is not a voter`,
  );
  const survivors = voters.filter((voter) => voter.id !== leaving);
  return verdict(voters, survivors.length, answeringCount(survivors));
}

/**
 * Judges the cluster as it would stand with one more voter, which counts as not
 * answering. So 1 → 2 is never safe by this rule: {@link mayPromoteSecond} is its
 * one exception.
 */
export function judgePromotion(members: readonly Member[]): QuorumVerdict {
  const voters = votersOf(members);
  return verdict(voters, voters.length + 1, answeringCount(voters));
}

/** Looks in a row that a learner must answer in sync before it becomes the second voter of one. */
export const SECOND_VOTER_LOOKS = 3;

/** The exception of rule R2: the only voter answers, and the learner answered in sync three looks in a row. */
export function mayPromoteSecond(members: readonly Member[], inSyncLooks: number): boolean {
  const voters = votersOf(members);
  return voters.length === 1 && answeringCount(voters) === 1 && inSyncLooks >= SECOND_VOTER_LOOKS;
}

/** Whether the voters that answer now can commit a change that leaves the voters as they are. */
export function canCommit(members: readonly Member[]): boolean {
  const voters = votersOf(members);
  return voters.length > 0 && answeringCount(voters) >= quorumOf(voters.length);
}

function verdict(voters: readonly Member[], afterCount: number, answeringAfterCount: number): QuorumVerdict {
  const quorumAfterCount = quorumOf(afterCount);
  const answering = answeringCount(voters);
  const commitsNow = answering >= quorumOf(voters.length);
  return {
    safe: afterCount > 0 && commitsNow && answeringAfterCount >= quorumAfterCount,
    voterCount: voters.length,
    answeringCount: answering,
    afterCount,
    answeringAfterCount,
    quorumAfterCount,
  };
}

export const answeringCount = (members: readonly Member[]): number =>
  members.filter((member) => member.answers).length;
