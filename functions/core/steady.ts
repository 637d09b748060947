import type { MemberId } from './identity.ts';
import { isRecord } from './json.ts';

/**
 * Since when the cluster has been calm, as seen: every voter answers and keeps up, nobody joins or leaves,
 * nothing is wrong. Another leader's term or other voters start it anew.
 */
export interface Steady {
  readonly sinceMs: number;
  readonly raftTerm: string;
  /** Sorted. */
  readonly voterIds: readonly MemberId[];
}

export const isSameSteady = (a: Steady | null, b: Steady | null): boolean =>
  a === null || b === null ? a === b : a.sinceMs === b.sinceMs && isSameCalm(a, b);

/** Whether both are about the same voters under the same leader. */
export const isSameCalm = (a: Omit<Steady, 'sinceMs'>, b: Omit<Steady, 'sinceMs'>): boolean =>
  a.raftTerm === b.raftTerm &&
  a.voterIds.length === b.voterIds.length &&
  a.voterIds.every((id, index) => id === b.voterIds[index]);

/** `null` for what is none: the time then starts anew. */
export function readSteady(value: unknown): Steady | null {
  if (!isRecord(value)) return null;
  const { sinceMs, raftTerm, voterIds } = value;
  if (typeof sinceMs !== 'number' || typeof raftTerm !== 'string' || !Array.isArray(voterIds)) return null;
  const ids: readonly unknown[] = voterIds;
  // Adding zero makes a zero of minus zero, which is what would be written.
  return { sinceMs: sinceMs + 0, raftTerm, voterIds: ids.filter((id) => typeof id === 'string') };
}
