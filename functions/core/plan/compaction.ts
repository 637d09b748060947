import type { AlarmedView } from '../alarmed.ts';
import type { SightSample } from '../checks/sight.ts';
import type { Observation } from '../observation.ts';
import { type Compacted, SPACE_LEVELS, type SpaceLevel, type SpaceRepair } from '../space.ts';
import { act, type Plan } from './plan.ts';
import { type Measured, recentRepairs, tell } from './repairs.ts';

/** Whoever reads the past of a cluster, as a watch that was cut off does, is rarely further behind than this. */
const AGE_MS: Readonly<Record<SpaceLevel, number | null>> = {
  minutes: 300_000,
  minute: 60_000,
  all: null,
};

/** Members let go of what was forgotten by and by: so long after they last held less than before, they are done. */
const FREEING_MS = 3_000;
/** They hold less: by this part at least. */
const FREED = 0.99;

/**
 * Waits while members let go of what was forgotten: whoever is defragmented meanwhile keeps a file of what it still
 * held. `null`: they are done.
 */
export function planFreeing(
  world: Observation,
  repair: SpaceRepair,
  voters: readonly Measured[],
): Plan | null {
  const { compacted } = repair;
  if (compacted === null) return null;
  const inUseBytes = heldBy(voters);
  if (inUseBytes < compacted.inUseBytes * FREED) {
    const next = { ...compacted, atMs: world.takenAtMs, inUseBytes };
    const record = { repairsAtMs: recentRepairs(world), repair: { ...repair, compacted: next } };
    return act({ kind: 'noteSpace', record });
  }
  // A clock that went back is not waited for.
  return Math.abs(world.takenAtMs - compacted.atMs) < FREEING_MS ? tell(world, 'freeing') : null;
}

const heldBy = (voters: readonly Measured[]): number =>
  Math.max(0, ...voters.map(({ inUseBytes }) => inUseBytes));

/** Forgets a little more of the past than before; `null`: all of it is forgotten already. */
export function planCompaction(
  world: Observation,
  alarmed: AlarmedView,
  repair: SpaceRepair,
  voters: readonly Measured[],
): Plan | null {
  const step = nextStep(world, alarmed, repair.compacted);
  if (step === null) return null;
  const next = { ...step, atMs: world.takenAtMs, inUseBytes: heldBy(voters) };
  const record = { repairsAtMs: recentRepairs(world), repair: { ...repair, compacted: next } };
  return act({ kind: 'compact', revision: step.revision, because: 'noSpace', record, memory: null });
}

/** The same once more, to be sure of it; then the next level at which it is known how far the cluster was. */
function nextStep(
  world: Observation,
  { revision: present, clusterId }: AlarmedView,
  compacted: Compacted | null,
): Pick<Compacted, 'level' | 'revision' | 'isSure'> | null {
  if (compacted?.isSure === false) return { ...compacted, isSure: true };
  const from = compacted === null ? 0 : SPACE_LEVELS.indexOf(compacted.level) + 1;
  for (const level of SPACE_LEVELS.slice(from)) {
    const ageMs = AGE_MS[level];
    const revision = ageMs === null ? present : revisionOf(world, clusterId, ageMs);
    if (revision !== null && BigInt(revision) > 1n && BigInt(revision) <= BigInt(present))
      return { level, revision, isSure: false };
  }
  return null;
}

/** How far the cluster was so long ago at the latest; `null`: nobody saw it then, or it is not known now. */
export function revisionOf(world: Observation, clusterId: string, ageMs: number): string | null {
  if (world.databases.past?.clusterId !== clusterId) return null;
  const isOld = ({ at }: SightSample): boolean => world.takenAtMs - Date.parse(at) >= ageMs;
  return world.databases.past.samples.findLast(isOld)?.revision ?? null;
}
