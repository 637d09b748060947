import type { InstanceId, MemberId } from './identity.ts';
import { isRecord, parseJson } from './json.ts';
import { isSameSteady, readSteady, type Steady } from './steady.ts';

/**
 * What must outlive a pass and is of use only with quorum: the etcd key
 * `/etcd-autopilot/state`. It is versioned: what a newer version wrote is kept
 * as it is and not used.
 */
export interface Memory {
  /** Since when EC2 does not know an instance: one half of the evidence of rule R5. */
  readonly missingSinceMs: Readonly<Record<InstanceId, number>>;
  /** Since when an entry of ours has not started yet, or is a learner that does not answer, by `notUpKey`. */
  readonly unstartedSinceMs: Readonly<Record<string, number>>;
  /** Since when a learner of ours answers, and is not in sync. */
  readonly laggingSinceMs: Readonly<Record<MemberId, number>>;
  /** Since when a voter of ours is silent in the same way, by {@link silenceKey}. */
  readonly silentSinceMs: Readonly<Record<string, number>>;
  /** When somebody last looked, while something above was running: time that nobody saw counts for nothing. */
  readonly lookedAtMs: number | null;
  /** When an instance was reported to its group for silence, in the last day. */
  readonly reportedAtMs: Readonly<Record<InstanceId, number>>;
  /** When a member's defragmentation was begun, in the last day: once each. */
  readonly defragmentedAtMs: Readonly<Record<MemberId, number>>;
  /** When the past was last forgotten because the databases were about to be full. */
  readonly compactedAtMs: number | null;
  /** When the member of an instance was found to be corrupt; it is removed, and the machine ended. */
  readonly corruptAtMs: Readonly<Record<InstanceId, number>>;
  /** When the group's stack was told of an instance; it is told once. */
  readonly signalledAtMs: Readonly<Record<InstanceId, number>>;
  /** When a join last failed; a leave waits for at most one. */
  readonly lastFailedJoinAtMs: number | null;
  /** Joins that failed since the last one that succeeded. */
  readonly failedJoinCount: number;
  /** Since when nothing has been wrong or under way; `null`: something is. */
  readonly steady: Steady | null;
  /** False when a newer version wrote it: then it is neither used nor overwritten. */
  readonly ours: boolean;
}

export const NO_MEMORY: Memory = {
  missingSinceMs: {},
  unstartedSinceMs: {},
  laggingSinceMs: {},
  silentSinceMs: {},
  lookedAtMs: null,
  reportedAtMs: {},
  defragmentedAtMs: {},
  compactedAtMs: null,
  corruptAtMs: {},
  signalledAtMs: {},
  lastFailedJoinAtMs: null,
  failedJoinCount: 0,
  steady: null,
  ours: true,
};

/** For how long reports to the group are remembered. */
export const DAY_MS = 86_400_000;

const VERSION = 1;

export function encodeMemory(memory: Memory): string {
  return JSON.stringify({
    version: VERSION,
    missingSinceMs: sorted(memory.missingSinceMs),
    unstartedSinceMs: sorted(memory.unstartedSinceMs),
    laggingSinceMs: sorted(memory.laggingSinceMs),
    silentSinceMs: sorted(memory.silentSinceMs),
    lookedAtMs: memory.lookedAtMs,
    reportedAtMs: sorted(memory.reportedAtMs),
    defragmentedAtMs: sorted(memory.defragmentedAtMs),
    compactedAtMs: memory.compactedAtMs,
    corruptAtMs: sorted(memory.corruptAtMs),
    signalledAtMs: sorted(memory.signalledAtMs),
    lastFailedJoinAtMs: memory.lastFailedJoinAtMs,
    failedJoinCount: memory.failedJoinCount,
    steady: memory.steady ?? undefined,
  });
}

/** Whether both are the same text: what a newer version wrote is never compared. */
export const isSameMemory = (a: Memory, b: Memory): boolean =>
  a.lookedAtMs === b.lookedAtMs &&
  a.compactedAtMs === b.compactedAtMs &&
  a.lastFailedJoinAtMs === b.lastFailedJoinAtMs &&
  a.failedJoinCount === b.failedJoinCount &&
  isSameSteady(a.steady, b.steady) &&
  TIMES.every((name) => isSameTimes(a[name], b[name]));

const TIMES = [
  'missingSinceMs',
  'unstartedSinceMs',
  'laggingSinceMs',
  'silentSinceMs',
  'reportedAtMs',
  'defragmentedAtMs',
  'corruptAtMs',
  'signalledAtMs',
] as const;

function isSameTimes(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const ids = Object.keys(a);
  return ids.length === Object.keys(b).length && ids.every((id) => a[id] === b[id]);
}

/** Reads the memory; nothing, or what cannot be read, remembers nothing: evidence then starts anew. */
export function decodeMemory(text: string | null): Memory {
  const value = text === null ? undefined : parseJson(text);
  if (!isRecord(value)) return NO_MEMORY;
  const { version, lookedAtMs: looked, lastFailedJoinAtMs: failed, failedJoinCount: count } = value;
  const { compactedAtMs: compacted } = value;
  if (typeof version === 'number' && version > VERSION) return { ...NO_MEMORY, ours: false };
  return {
    missingSinceMs: timesOf(value['missingSinceMs']),
    unstartedSinceMs: timesOf(value['unstartedSinceMs']),
    laggingSinceMs: timesOf(value['laggingSinceMs']),
    silentSinceMs: timesOf(value['silentSinceMs']),
    lookedAtMs: typeof looked === 'number' ? looked + 0 : null,
    reportedAtMs: timesOf(value['reportedAtMs']),
    defragmentedAtMs: timesOf(value['defragmentedAtMs']),
    compactedAtMs: typeof compacted === 'number' ? compacted + 0 : null,
    corruptAtMs: timesOf(value['corruptAtMs']),
    signalledAtMs: timesOf(value['signalledAtMs']),
    lastFailedJoinAtMs: typeof failed === 'number' ? failed + 0 : null,
    failedJoinCount: typeof count === 'number' && count > 0 ? count : 0,
    steady: readSteady(value['steady']),
    ours: true,
  };
}

/** Adding zero makes a zero of minus zero, which is what would be written. */
function timesOf(value: unknown): Readonly<Record<string, number>> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.flatMap(([id, at]) => (typeof at === 'number' ? [[id, at + 0]] : [])));
}

const sorted = (times: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(times).sort(([a], [b]) => a.localeCompare(b)));
