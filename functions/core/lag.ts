import { type Member, type MemberView, votersOf } from './observation.ts';

/** The furthest voter that answers: it stands for a leader that may be a stranger whom nobody asks. */
export function furthestIndex(view: MemberView): bigint | null {
  const indexes = votersOf(view.members).flatMap((voter) => (voter.answers ? (voter.raftIndex ?? []) : []));
  return indexes.reduce<bigint | null>((most, index) => (most === null || index > most ? index : most), null);
}

/**
 * Raft entries behind the leader, or behind the furthest voter where the leader does not answer; `null`: unknown.
 * Members are asked side by side, so one may be ahead of the leader's older answer: that is no lag.
 */
export function lagOf(view: MemberView, member: Member): bigint | null {
  const leader = view.members.find(({ id, answers }) => id === view.leaderId && answers);
  const target = leader?.raftIndex ?? furthestIndex(view);
  if (target === null || member.raftIndex === null) return null;
  return target > member.raftIndex ? target - member.raftIndex : 0n;
}
