import type { InstanceId, MemberId } from './identity.ts';
import { isRecord, parseJson } from './json.ts';

/**
 * What must outlive a pass and is of use only with quorum: the etcd key
 * `/etcd-autopilot/state`. It is versioned: what a newer version wrote is kept
 * as it is and not used.
 */
export interface Memory {
  /** Since when EC2 does not know an instance: one half of the evidence of rule R5. */
  readonly missingSinceMs: Readonly<Record<InstanceId, number>>;
  /** Since when an entry of ours has not started yet, or is a learner that does not answer. */
  readonly unstartedSinceMs: Readonly<Record<MemberId, number>>;
  /** When a join last failed; a leave waits for at most one. */
  readonly lastFailedJoinAtMs: number | null;
  /** False when a newer version wrote it: then it is neither used nor overwritten. */
  readonly ours: boolean;
}

export const NO_MEMORY: Memory = {
  missingSinceMs: {},
  unstartedSinceMs: {},
  lastFailedJoinAtMs: null,
  ours: true,
};

const VERSION = 1;

export function encodeMemory(memory: Memory): string {
  return JSON.stringify({
    version: VERSION,
    missingSinceMs: sorted(memory.missingSinceMs),
    unstartedSinceMs: sorted(memory.unstartedSinceMs),
    lastFailedJoinAtMs: memory.lastFailedJoinAtMs,
  });
}

/** Reads the memory; nothing, or what cannot be read, remembers nothing: evidence then starts anew. */
export function decodeMemory(text: string | null): Memory {
  const value = text === null ? undefined : parseJson(text);
  if (!isRecord(value)) return NO_MEMORY;
  if (value['version'] !== VERSION) return { ...NO_MEMORY, ours: false };
  const failed = value['lastFailedJoinAtMs'];
  return {
    missingSinceMs: timesOf(value['missingSinceMs']),
    unstartedSinceMs: timesOf(value['unstartedSinceMs']),
    lastFailedJoinAtMs: typeof failed === 'number' ? failed : null,
    ours: true,
  };
}

function timesOf(value: unknown): Readonly<Record<string, number>> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.flatMap(([id, at]) => (typeof at === 'number' ? [[id, at]] : [])));
}

const sorted = (times: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(times).sort(([a], [b]) => a.localeCompare(b)));
