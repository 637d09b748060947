import { type MemberView, type Observation, votersOf } from '../observation.ts';
import type { ChecksMemory } from './memory.ts';

/** Up to here a hash costs a member so little that every look may ask for one. */
const CHEAP_BYTES = 64 * 1_048_576;

/** Whether the databases of the voters are compared now. */
export function isHashDue({ config, etcd, takenAtMs }: Observation, { hashedAt }: ChecksMemory): boolean {
  const { hashMinutes } = config.checks;
  if (hashMinutes === 0) return false;
  const sizes = [...etcd.statuses.values()].map(({ dbSizeBytes }) => dbSizeBytes);
  if (sizes.every((size) => size < CHEAP_BYTES)) return true;
  if (hashedAt === null) return true;
  const sinceMs = takenAtMs - Date.parse(hashedAt);
  // A time that lies ahead is of a clock that is right again.
  return sinceMs < 0 || sinceMs >= hashMinutes * 60_000;
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
