import type { Records } from '../observation.ts';
import { BUMP_MAX, RESTORE_BUMP } from '../restore.ts';

/**
 * By how much this recovery raises revisions: by the same for each of its claims, and by twice what any restore before
 * it did. What a second one brings back may be older than what the first did, with revisions that were never raised;
 * doubled, they are past all that the lost cluster began with, and a client never takes one of before for one of after.
 */
export function bumpFor({ claim, recovery }: Records, number: number): number {
  const claims = [...recovery.claims.values(), ...(claim === null ? [] : [claim])];
  const before = claims.flatMap((one) => (one.recovery === number ? [] : (one.restore?.bump ?? [])));
  return Math.min(BUMP_MAX, Math.max(RESTORE_BUMP, ...before.map((bump) => bump * 2)));
}
