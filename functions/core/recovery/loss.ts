import type { LastSeen } from './record.ts';

/**
 * How many writes are known to be lost; `null`: nobody had seen the lost cluster. It is a lower bound: what was
 * written after the last sight is not in it.
 */
export function lostAtLeast(lastSeen: LastSeen | null, restoredRevision: string): string | null {
  if (lastSeen === null) return null;
  const lost = BigInt(lastSeen.revision) - BigInt(restoredRevision);
  return (lost > 0n ? lost : 0n).toString();
}

/** The loss in words. Never "none": what was acknowledged after the last sight nobody knows. */
export function lossText(lastSeen: LastSeen | null, restoredRevision: string): string {
  const lost = lostAtLeast(lastSeen, restoredRevision);
  if (lastSeen === null || lost === null)
    return `it holds everything up to revision ${restoredRevision}; how far the lost cluster had come is not known`;
  const known =
    lost === '0'
      ? `it holds everything that was seen (revision ${lastSeen.revision})`
      : `at least ${lost} ${lost === '1' ? 'write is' : 'writes are'} lost (it ends at revision ${restoredRevision}, and ${lastSeen.revision} was seen)`;
  return `${known}, and whatever else was written after ${lastSeen.at} may be lost`;
}

/** What the new cluster began with, in revisions of the old one, by the first revision that it shows. Never too low: writes of its own count. */
export function restoredRevision(seenRevision: string, bump: number): string {
  const revision = BigInt(seenRevision) - BigInt(bump);
  return (revision > 0n ? revision : 0n).toString();
}
