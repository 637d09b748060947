import type { MemberId } from './identity.ts';
import { isRecord, parseJson } from './json.ts';

/**
 * The parameter `maintenance`: what must be known while etcd itself takes no writes. Every repair is
 * counted in it before it begins, so that one that does not help is not begun for ever.
 */
export interface SpaceRecord {
  /** When repairs of the last day began, the oldest first. */
  readonly repairsAtMs: readonly number[];
  /** The one that is under way; `null`: none is. */
  readonly repair: SpaceRepair | null;
}

/** A repair of databases that are full, as far as it is known to have come. */
export interface SpaceRepair {
  readonly startedAtMs: number;
  /** A file may grow to this size: the configured quota, or less where etcd was full with less. */
  readonly limitBytes: number;
  /** The last compaction, and what the fullest member held when it was last seen to hold less than before. */
  readonly compacted: Compacted | null;
  /** How often each member's defragmentation was begun. */
  readonly attempts: Readonly<Record<MemberId, number>>;
}

export interface Compacted {
  readonly level: SpaceLevel;
  /** Asked for twice, in case the first time it was only written down. */
  readonly isSure: boolean;
  /** Decimal text. */
  readonly revision: string;
  readonly atMs: number;
  readonly inUseBytes: number;
}

/** How much of the past is given up: what is older than minutes, than one minute, or all of it. */
export const SPACE_LEVELS = ['minutes', 'minute', 'all'] as const;
export type SpaceLevel = (typeof SPACE_LEVELS)[number];

export const NO_SPACE_RECORD: SpaceRecord = { repairsAtMs: [], repair: null };

const VERSION = 1;

export function encodeSpaceRecord({ repairsAtMs, repair }: SpaceRecord): string {
  return JSON.stringify({ version: VERSION, spaceRepairsAtMs: repairsAtMs, repair: repair ?? undefined });
}

/** Nothing, or what cannot be read, counts as nothing: whoever deletes it by hand wants it tried again. */
export function decodeSpaceRecord(text: string | null): SpaceRecord {
  const value = text === null ? undefined : parseJson(text);
  if (!isRecord(value)) return NO_SPACE_RECORD;
  const times = value['spaceRepairsAtMs'];
  return {
    repairsAtMs: Array.isArray(times) ? times.filter(isCount) : [],
    repair: repairIn(value['repair']),
  };
}

function repairIn(value: unknown): SpaceRepair | null {
  if (!isRecord(value)) return null;
  const { startedAtMs, limitBytes, attempts } = value;
  if (!isCount(startedAtMs) || !isCount(limitBytes)) return null;
  const counts = isRecord(attempts) ? Object.entries(attempts) : [];
  return {
    startedAtMs,
    limitBytes,
    compacted: compactedIn(value['compacted']),
    attempts: Object.fromEntries(counts.flatMap(([id, count]) => (isCount(count) ? [[id, count]] : []))),
  };
}

function compactedIn(value: unknown): Compacted | null {
  if (!isRecord(value)) return null;
  const { revision, atMs, inUseBytes, isSure } = value;
  const level = SPACE_LEVELS.find((known) => known === value['level']);
  if (level === undefined || typeof revision !== 'string' || !/^\d{1,19}$/.test(revision)) return null;
  return isCount(atMs) && isCount(inUseBytes)
    ? { level, isSure: isSure === true, revision, atMs, inUseBytes }
    : null;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
