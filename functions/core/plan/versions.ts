import type { Member, MemberView } from '../observation.ts';
import { votersOf } from '../observation.ts';
import { nameOf } from '../tolerance-sight.ts';
import { judgeVersion, type VersionDoubt } from '../versions.ts';

/**
 * What stands against promoting a learner that answers, by its version (S66). As a learner it can be taken
 * away again; as a voter of the next minor it has the others follow. Builds that tell the same text as every
 * voter are no step, whatever they call themselves.
 */
export function versionDoubts(view: MemberView, learner: Member): readonly VersionDoubt[] {
  if (learner.role !== 'learner' || !learner.answers) return [];
  const version = learner.version ?? '';
  const voters = votersOf(view.members);
  if (voters.every((voter) => voter.version === version)) return [];
  return judgeVersion(
    voters.map((voter) => ({ name: nameOf(voter), version: voter.version })),
    view.toldByAll,
    version,
  );
}

export const isOutOfStep = (view: MemberView, member: Member): boolean =>
  versionDoubts(view, member).length > 0;
