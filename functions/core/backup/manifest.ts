import type { ClusterId, InstanceId, MemberId } from '../identity.ts';
import { isRecord, parseJson } from '../json.ts';

/**
 * What stands beside a snapshot. Written after it, so it is the commit mark: no manifest, no snapshot.
 * Revisions and hashes are decimal text: they exceed what a number holds exactly.
 */
export interface Manifest {
  readonly cluster: string;
  readonly clusterId: ClusterId;
  /** Whose database it is. */
  readonly memberId: MemberId;
  readonly instanceId: InstanceId;
  readonly etcdVersion: string;
  readonly takenAt: string;
  /** Of the whole object, etcd's own checksum at its end included. */
  readonly sizeBytes: number;
  /** Of the whole object, hexadecimal: what whoever restores compares. */
  readonly sha256: string;
  /** Every write up to here is in it; it may hold later ones. */
  readonly atRevision: string;
  /** etcd's own hash of what the member held at `atRevision`, and the compaction it is of; `null`: not asked (a lost quorum). */
  readonly hash: string | null;
  readonly compactRevision: string | null;
  /** Keys at `atRevision`; `null`: not asked. */
  readonly keyCount: number | null;
  readonly origin: Origin;
}

export const ORIGINS = ['schedule', 'operator', 'recovery'] as const;
/** Who wanted it: the schedule, an operator, or a recovery (then it is a survivor's, taken without a quorum). */
export type Origin = (typeof ORIGINS)[number];

export const encodeManifest = (manifest: Manifest): string => JSON.stringify({ version: 1, ...manifest });

/** `null` for anything that is not a manifest of this version: never a reason to delete what it stands beside. */
export function decodeManifest(text: string): Manifest | null {
  const value = parseJson(text);
  if (!isRecord(value) || value['version'] !== 1) return null;
  const texts = textsIn(value);
  const { sizeBytes, hash, compactRevision, keyCount } = value;
  const origin = ORIGINS.find((one) => one === value['origin']);
  if (texts === null || origin === undefined) return null;
  if (!isCount(sizeBytes) || !isNumberTextOrNull(hash) || !isCountOrNull(keyCount)) return null;
  // etcd says -1 where nothing was compacted yet.
  if (compactRevision !== '-1' && !isNumberTextOrNull(compactRevision)) return null;
  if (!SHA256.test(texts.sha256) || !isRevision(texts.atRevision)) return null;
  if (Number.isNaN(Date.parse(texts.takenAt))) return null;
  return { ...texts, sizeBytes, hash, compactRevision, keyCount, origin };
}

type Texts = Pick<
  Manifest,
  'cluster' | 'clusterId' | 'memberId' | 'instanceId' | 'etcdVersion' | 'takenAt' | 'sha256' | 'atRevision'
>;

function textsIn(value: Readonly<Record<string, unknown>>): Texts | null {
  const { cluster, clusterId, memberId, instanceId, etcdVersion, takenAt, sha256, atRevision } = value;
  if (typeof cluster !== 'string' || typeof clusterId !== 'string' || typeof memberId !== 'string')
    return null;
  if (typeof instanceId !== 'string' || typeof etcdVersion !== 'string') return null;
  if (typeof takenAt !== 'string' || typeof sha256 !== 'string' || typeof atRevision !== 'string')
    return null;
  return { cluster, clusterId, memberId, instanceId, etcdVersion, takenAt, sha256, atRevision };
}

const SHA256 = /^[0-9a-f]{64}$/;

/** As etcd counts: an int64. */
export const isRevision = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{1,19}$/.test(value);

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isNumberTextOrNull = (value: unknown): value is string | null => value === null || isRevision(value);

const isCountOrNull = (value: unknown): value is number | null => value === null || isCount(value);
