import type { ClusterId, InstanceId } from '../identity.ts';
import { isRecord, parseJson } from '../json.ts';

/**
 * The object `sight.json`: how far the cluster was, minute by minute, as a majority confirmed it. It lies beside
 * the snapshots, so that whoever recovers a lost cluster can say how many writes came after them.
 */
export interface Sight {
  readonly at: string;
  readonly clusterId: ClusterId;
  /** Decimal text, as all that etcd counts. */
  readonly revision: string;
  readonly raftTerm: string;
  readonly raftIndex: string;
  /** Instances of the voters, sorted. */
  readonly voters: readonly InstanceId[];
  /** One a minute, the newest last. */
  readonly samples: readonly SightSample[];
  /** What each member's own counters said, by its instance: two looks apart they tell what was slow. */
  readonly counters: Readonly<Record<InstanceId, SlowCounters>>;
}

export interface SightSample {
  readonly at: string;
  readonly revision: string;
  /** The raft term then; `null`: written by a version that did not tell. */
  readonly term: string | null;
}

/** Counts since a member's etcd was started. */
export interface SlowCounters {
  /** Writes to its log, and how many of them took longer than a quarter of a second. */
  readonly syncs: number;
  readonly slowSyncs: number;
  /** Requests that it took too long to apply, by its own judgement. */
  readonly slowApplies: number;
  /** Times that it saw another leader. */
  readonly leaderChanges: number;
}

/** A good hour. */
export const SAMPLES_MAX = 70;
/** Farther back the samples tell nothing that anybody asks. */
const SAMPLE_AGE_MS = SAMPLES_MAX * 60_000;

const VERSION = 1;

export const encodeSight = (sight: Sight): string => JSON.stringify({ version: VERSION, ...sight });

/** `null`: there is none that this version can read. */
export function decodeSight(text: string | null): Sight | null {
  const value = text === null ? undefined : parseJson(text);
  if (!isRecord(value) || value['version'] !== VERSION) return null;
  const { at, clusterId, revision, raftTerm, raftIndex } = value;
  if (!isTime(at) || typeof clusterId !== 'string') return null;
  if (!isCount(revision) || !isCount(raftTerm) || !isCount(raftIndex)) return null;
  return {
    at,
    clusterId,
    revision,
    raftTerm,
    raftIndex,
    voters: rowOf(value['voters']).filter((voter) => typeof voter === 'string'),
    samples: rowOf(value['samples']).flatMap(readSample).slice(-SAMPLES_MAX),
    counters: readCounters(value['counters']),
  };
}

/**
 * The sight after this look. Samples of another cluster are dropped, and so is what is no older than this look
 * or counts more than it: a clock that went back, or a cluster that was restored.
 */
export function nextSight(now: Omit<Sight, 'samples'>, before: Sight | null): Sight {
  const atMs = Date.parse(now.at);
  const kept = (before?.clusterId === now.clusterId ? before.samples : []).filter((sample) => {
    const ageMs = atMs - Date.parse(sample.at);
    return ageMs > 0 && ageMs <= SAMPLE_AGE_MS && BigInt(sample.revision) <= BigInt(now.revision);
  });
  const sample = { at: now.at, revision: now.revision, term: now.raftTerm };
  return { ...now, samples: [...kept, sample].slice(-SAMPLES_MAX) };
}

const isTime = (value: unknown): value is string =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value));

const isCount = (value: unknown): value is string => typeof value === 'string' && /^\d{1,20}$/.test(value);

const rowOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function readSample(value: unknown): readonly SightSample[] {
  if (!isRecord(value)) return [];
  const { at, revision, term } = value;
  return isTime(at) && isCount(revision) ? [{ at, revision, term: isCount(term) ? term : null }] : [];
}

function readCounters(value: unknown): Readonly<Record<InstanceId, SlowCounters>> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.flatMap(([id, one]) => (isRecord(one) ? [[id, toCounters(one)]] : [])));
}

const toCounters = (one: Readonly<Record<string, unknown>>): SlowCounters => ({
  syncs: numberOf(one['syncs']),
  slowSyncs: numberOf(one['slowSyncs']),
  slowApplies: numberOf(one['slowApplies']),
  leaderChanges: numberOf(one['leaderChanges']),
});

const numberOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
