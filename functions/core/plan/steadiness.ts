import { type Observation, votersOf } from '../observation.ts';
import { rememberedLast } from '../remembered.ts';
import type { Shortfall } from '../shortfalls.ts';
import { isSameCalm, type Steady } from '../steady.ts';
import { type ClusterSight, judgeTolerance, type Require, requireNow, requireOf } from '../tolerance.ts';
import { sightOfWorld } from '../tolerance-sight.ts';

/** What every judgement of one look begins with, made once for all of them. */
const seenIn = rememberedLast((world: Observation): ClusterSight => sightOfWorld(world, null));

/**
 * Since when the cluster is calm, as the memory will have it after this look; `null`: it is not. How many voters
 * there should be is not asked here: whoever requires more or fewer of them judges that by the same time.
 */
export const steadyOf = rememberedLast((world: Observation): Steady | null => {
  const { view } = world.etcd;
  if (view === null) return null;
  const calm = { ...requireNow(world.config), tolerance: 0, voters: votersOf(view.members).length };
  if (judgeTolerance(seenIn(world), calm, world.takenAtMs).length > 0) return null;
  const voterIds = votersOf(view.members)
    .map(({ id }) => id)
    .sort();
  const now = { sinceMs: world.takenAtMs, raftTerm: view.raftTerm, voterIds };
  const before = view.memory.steady;
  if (before === null || !isSameCalm(before, now) || wasUnseen(world)) return now;
  // Never later than now: a clock that was ahead, and is right again, must not have anybody wait for as long.
  return before.sinceMs <= now.sinceMs ? before : now;
});

/** The last look had no voter to write it down in; it stands in the status. */
const wasUnseen = ({ records }: Observation): boolean =>
  records.status?.shortfalls?.some(({ code }) => code === 'noVoterAnswers') ?? false;

export const sightOf = (world: Observation): ClusterSight => ({
  ...seenIn(world),
  steadySinceMs: steadyOf(world)?.sinceMs ?? null,
});

/** The condition as this look has it, with the window that the configuration asks for (or another requirement). */
export const judgeWorld = (
  world: Observation,
  require: Require = requireOf(world.config),
): readonly Shortfall[] => judgeTolerance(sightOf(world), require, world.takenAtMs);
