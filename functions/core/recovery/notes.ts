import type { InstanceId } from '../identity.ts';
import { isRecord, parseJson } from '../json.ts';

/**
 * The parameter `quorum`: since when evidence stands that must stand for a while, where no etcd can remember it.
 * It exists only while no voter answers.
 */
export interface QuorumNotes {
  /** Instances of which EC2 says that it knows no such id. */
  readonly notFoundSinceMs: Readonly<Record<InstanceId, number>>;
  /** Instances whose boot script reports that their data is gone, and whose etcd shows nothing. */
  readonly reportedSinceMs: Readonly<Record<InstanceId, number>>;
}

export const NO_NOTES: QuorumNotes = { notFoundSinceMs: {}, reportedSinceMs: {} };

export const encodeNotes = (notes: QuorumNotes): string => JSON.stringify({ version: 1, ...notes });

/** Text that cannot be read is no memory at all: every clock starts anew. */
export function decodeNotes(text: string): QuorumNotes {
  const value = parseJson(text);
  if (!isRecord(value) || value['version'] !== 1) return NO_NOTES;
  return {
    notFoundSinceMs: timesIn(value['notFoundSinceMs']),
    reportedSinceMs: timesIn(value['reportedSinceMs']),
  };
}

function timesIn(value: unknown): Readonly<Record<string, number>> {
  if (!isRecord(value)) return {};
  const times = Object.entries(value).flatMap(([id, atMs]) =>
    typeof atMs === 'number' && Number.isFinite(atMs) ? [[id, atMs] as const] : [],
  );
  return Object.fromEntries(times);
}
