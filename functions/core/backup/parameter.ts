import type { ClusterId } from '../identity.ts';
import { isRecord, parseJson } from '../json.ts';
import { newestOf, type Shelf, type Snapshot } from './listing.ts';
import { isCount, isRevision } from './manifest.ts';

/** The parameter `backup`: what everybody knows of a cluster's snapshots without a listing. */
export interface BackupRecord {
  /** The newest snapshot, whatever was found of it since; `null`: none. */
  readonly last: TakenSnapshot | null;
  /** The newest restorable one; `null`: none. */
  readonly restorable: RestorableSnapshot | null;
  readonly lastFailure: BackupFailure | null;
  /** There are no etcd tools to restore a snapshot with, so none is ever found restorable. */
  readonly unverifiable: boolean;
}

export interface TakenSnapshot {
  readonly key: string;
  readonly at: string;
  /** Every write up to here is in it, decimal text. */
  readonly revision: string;
  readonly sizeBytes: number;
}

export interface RestorableSnapshot extends TakenSnapshot {
  readonly sha256: string;
  readonly clusterId: ClusterId;
}

export interface BackupFailure {
  readonly at: string;
  readonly code: string;
  readonly text: string;
}

export const NO_BACKUP: BackupRecord = {
  last: null,
  restorable: null,
  lastFailure: null,
  unverifiable: false,
};

/** Leaves room for the rest in the 4 KB of a parameter, at 4 bytes a character. */
const TEXT_CHARS_MAX = 300;

export function encodeBackup({ last, restorable, lastFailure, unverifiable }: BackupRecord): string {
  const failure = lastFailure && { ...lastFailure, text: lastFailure.text.slice(0, TEXT_CHARS_MAX) };
  return JSON.stringify({ version: 1, last, restorable, lastFailure: failure, unverifiable });
}

/** `null` for anything else: then the bucket must be listed, nothing may be concluded. */
export function decodeBackup(text: string): BackupRecord | null {
  const value = parseJson(text);
  if (!isRecord(value) || value['version'] !== 1 || typeof value['unverifiable'] !== 'boolean') return null;
  const last = readOr(value['last'], readTaken);
  const restorable = readOr(value['restorable'], readRestorable);
  const lastFailure = readOr(value['lastFailure'], readFailure);
  if (last === undefined || restorable === undefined || lastFailure === undefined) return null;
  return { last, restorable, lastFailure, unverifiable: value['unverifiable'] };
}

/** `undefined`: it is neither null nor what it should be. */
function readOr<Value>(
  value: unknown,
  read: (value: unknown) => Value | undefined,
): Value | null | undefined {
  return value === null ? null : read(value);
}

function readTaken(value: unknown): TakenSnapshot | undefined {
  if (!isRecord(value)) return;
  const { key, at, revision, sizeBytes } = value;
  if (typeof key !== 'string' || !isTime(at) || !isRevision(revision) || !isCount(sizeBytes)) return;
  return { key, at, revision, sizeBytes };
}

function readRestorable(value: unknown): RestorableSnapshot | undefined {
  const taken = readTaken(value);
  if (taken === undefined || !isRecord(value)) return;
  const { sha256, clusterId } = value;
  if (typeof sha256 !== 'string' || typeof clusterId !== 'string') return;
  return { ...taken, sha256, clusterId };
}

function readFailure(value: unknown): BackupFailure | undefined {
  if (!isRecord(value)) return;
  const { at, code, text } = value;
  if (!isTime(at) || typeof code !== 'string' || typeof text !== 'string') return;
  return { at, code, text };
}

const isTime = (value: unknown): value is string =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value));

/**
 * What the bucket tells, with what only the record knows. What is of the future was taken by a clock that was ahead:
 * it counts where there is nothing else, or else one would be due every minute until its time has come. What another
 * cluster of the same name left there is no backup of this one (S45).
 */
export function recordOf(
  shelf: Shelf,
  ours: readonly ClusterId[],
  before: BackupRecord,
  nowMs: number,
): BackupRecord {
  const snapshots = shelf.snapshots.filter(({ manifest }) => ours.includes(manifest.clusterId));
  const past = snapshots.filter(({ takenAtMs }) => takenAtMs <= nowMs);
  const newest = past[0] ?? snapshots[0];
  const restorable = newestOf(past, 'restorable') ?? newestOf(snapshots, 'restorable');
  return {
    ...before,
    last: newest === undefined ? null : takenOf(newest),
    restorable: restorable === null ? null : restorableOf(restorable),
  };
}

export const takenOf = ({ key, manifest }: Pick<Snapshot, 'key' | 'manifest'>): TakenSnapshot => ({
  key,
  at: manifest.takenAt,
  revision: manifest.atRevision,
  sizeBytes: manifest.sizeBytes,
});

const restorableOf = (snapshot: Snapshot): RestorableSnapshot => ({
  ...takenOf(snapshot),
  // What came out of it, which may be later than what was known to be in it.
  revision: snapshot.verified?.revision ?? snapshot.manifest.atRevision,
  sha256: snapshot.manifest.sha256,
  clusterId: snapshot.manifest.clusterId,
});

/**
 * When the snapshot was taken that a gate may count on; `null`: there is none. One that nobody
 * could restore counts only where nothing could ever be verified.
 */
export function snapshotAtMs({ last, restorable, unverifiable }: BackupRecord): number | null {
  const counted = restorable ?? (unverifiable ? last : null);
  return counted === null ? null : Date.parse(counted.at);
}
