import type { Bundle } from './changes.ts';
import { type Entry, type OpenAccess, runs } from './desired.ts';
import { leavingSince, leavingValue, nameIn } from './keys.ts';
import { isServiceKey } from './leaves.ts';
import { HOLD_MAX_MS, type RegistryWorld } from './world.ts';

/** Notes of whoever is gone, or offers services again, go; those that hold no time are written anew. */
export function tidyOf(
  world: RegistryWorld,
  access: OpenAccess,
  entries: readonly Entry[],
): readonly Bundle[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return [...access.keys.values].flatMap(([key, text]): readonly Bundle[] => {
    const named = nameIn(key);
    if (named.kind !== 'leaving') return [];
    const sinceMs = leavingSince(text, world.takenAtMs);
    const entry = byId.get(named.id);
    const isStale =
      entry === undefined || entry.group === null
        ? isOver(world, access, named.id, sinceMs)
        : [...(entry.wanted?.keys() ?? [])].some(isServiceKey);
    const value = isStale ? null : leavingValue(world.takenAtMs);
    return isStale || sinceMs === null ? [[{ key, value }]] : [];
  });
}

/** No group lists it. A list may have been short: while its machine runs, its drain is not forgotten. */
function isOver(world: RegistryWorld, { hosts }: OpenAccess, id: string, sinceMs: number | null): boolean {
  const host = hosts.get(id);
  const isAged = sinceMs !== null && world.takenAtMs - sinceMs >= HOLD_MAX_MS;
  return isAged || (host !== undefined && !runs(host));
}
