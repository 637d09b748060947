import type { AlarmedView } from '../alarmed.ts';
import type { Member, Observation } from '../observation.ts';
import { votersOf } from '../observation.ts';
import { isLeaving } from './holds.ts';
import { TRANSFERS_MAX } from './leaves.ts';
import { act, type Plan } from './plan.ts';

/**
 * Leadership goes from this member to the furthest of the others that prove themselves, before it is disturbed
 * (rule R10); `null`: it does not lead, or nobody can take it, or it was tried often enough.
 */
export function moveFrom(
  world: Observation,
  { members, proven, leaderId }: Pick<AlarmedView, 'members' | 'proven' | 'leaderId'>,
  { id, clientUrl }: Member,
): Plan | null {
  if (id !== leaderId || clientUrl === null || world.pass.failedTransferCount >= TRANSFERS_MAX) return null;
  const heirs = votersOf(members).filter(
    (voter) => voter.id !== id && proven.has(voter.id) && !isLeaving(world, voter),
  );
  const [heir] = heirs.toSorted((one, other) => Number((other.raftIndex ?? 0n) - (one.raftIndex ?? 0n)));
  return heir === undefined ? null : act({ kind: 'moveLeader', from: id, to: heir.id, leaderUrl: clientUrl });
}
