import { DAY_MS } from '../memory.ts';
import type { MemberView, Observation } from '../observation.ts';

type Times = Readonly<Record<string, number>>;

/** A machine that was not ended in this time for its member's sake is a matter for a person. */
const CORRUPT_MS = 3_600_000;

/** Defragmentations of the last day, without those of who is no member now. A clock that went back keeps them. */
export function recentDefragmentations({ members, memory }: MemberView, nowMs: number): Times {
  const ids = new Set(members.map(({ id }) => id));
  return kept(memory.defragmentedAtMs, (id, atMs) => ids.has(id) && nowMs - atMs < DAY_MS);
}

/** Members that were found corrupt, as long as the group lists their machines. */
export function recentlyCorrupt({ instances, takenAtMs }: Observation, { memory }: MemberView): Times {
  const ids = new Set(instances.map(({ id }) => id));
  return kept(memory.corruptAtMs, (id, atMs) => ids.has(id) && takenAtMs - atMs < CORRUPT_MS);
}

function kept(times: Times, isKept: (id: string, atMs: number) => boolean): Times {
  const entries = Object.entries(times);
  // Most memories hold none of it, and what did not change need not be made anew.
  return entries.length === 0 ? times : Object.fromEntries(entries.filter(([id, atMs]) => isKept(id, atMs)));
}
