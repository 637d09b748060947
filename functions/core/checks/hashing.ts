import { type MemberView, type Observation, votersOf } from '../observation.ts';
import type { ChecksMemory } from './memory.ts';
import type { ChecksWorld } from './world.ts';

/** Up to here a hash costs a member so little that every look may ask for one. */
const CHEAP_BYTES = 64 * 1_048_576;

/** Whether the databases of the voters are compared now. Those that were found to differ are, until they do not. */
export function isHashDue(world: Observation, { hashedAt, findings }: ChecksMemory): boolean {
  const { config, etcd } = world;
  if (config.checks.hashMinutes === 0) return false;
  if (findings.some(({ code }) => code === 'hashesDiffer')) return true;
  const sizes = [...etcd.statuses.values()].map(({ dbSizeBytes }) => dbSizeBytes);
  return sizes.every((size) => size < CHEAP_BYTES) || hashedAt === null || isOver(world, hashedAt);
}

/**
 * The time that is remembered after a round. Small databases are compared in every round and would have it written
 * each time: what is remembered is only what keeps large ones from being compared too often.
 */
export function nextHashedAt({ world, memory, hashes, nowMs }: ChecksWorld): string | null {
  const { hashedAt } = memory;
  if (world === null || hashes.size === 0) return hashedAt;
  return hashedAt === null || isOver(world, hashedAt) ? new Date(nowMs).toISOString() : hashedAt;
}

/** A time that lies ahead is of a clock that is right again. */
function isOver({ config, takenAtMs }: Observation, hashedAt: string): boolean {
  const sinceMs = takenAtMs - Date.parse(hashedAt);
  return sinceMs < 0 || sinceMs >= config.checks.hashMinutes * 60_000;
}

/** A revision that every voter that answers has; `null`: one of them does not say. */
export function lowestRevision({ etcd }: Observation, view: MemberView): string | null {
  const voters = votersOf(view.members).filter(({ answers }) => answers);
  const revisions = voters.map(({ instanceId }) => etcd.statuses.get(instanceId ?? '')?.revision ?? null);
  if (revisions.length === 0) return null;
  const known = revisions.flatMap((revision) => (revision === null ? [] : [BigInt(revision)]));
  if (known.length < revisions.length) return null;
  const lowest = known.reduce((low, revision) => (revision < low ? revision : low));
  return lowest === 0n ? null : String(lowest);
}
