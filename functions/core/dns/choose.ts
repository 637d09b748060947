/** One that could be published. */
export interface Candidate {
  readonly id: string;
  readonly zone: string;
  readonly isPublished: boolean;
}

/** Route 53 keeps no more multivalue record sets of one name and type. */
export const PUBLISHED_MAX = 100;

/**
 * At most `max` of them, spread over the zones as evenly as their numbers allow. Within a zone those
 * that are published already stay, so that equal sets are chosen equally and nobody flaps.
 */
export function chooseEvenly<One extends Candidate>(all: readonly One[], max: number): readonly One[] {
  if (all.length <= max) return all;
  const byZone = new Map<string, One[]>();
  for (const one of [...all].sort(byRank)) byZone.set(one.zone, [...(byZone.get(one.zone) ?? []), one]);
  const shares = sharesOf(byZone, max);
  return [...byZone].flatMap(([zone, ones]) => ones.slice(0, shares.get(zone) ?? 0));
}

const byRank = (a: Candidate, b: Candidate): number =>
  Number(b.isPublished) - Number(a.isPublished) || (a.id < b.id ? -1 : 1);

/** Small zones are used up first; the rest is shared among the others, what is left over goes by name. */
function sharesOf(
  byZone: ReadonlyMap<string, readonly Candidate[]>,
  max: number,
): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  const smallestFirst = [...byZone].sort(
    ([a, ones], [b, others]) => ones.length - others.length || (a < b ? -1 : 1),
  );
  let left = max;
  smallestFirst.forEach(([zone, ones], at) => {
    const share = Math.min(ones.length, Math.floor(left / (smallestFirst.length - at)));
    shares.set(zone, share);
    left -= share;
  });
  return shares;
}
