import { isRecord, parseJson } from '../json.ts';
import { isCount, isRevision } from './manifest.ts';

/** What came of restoring a snapshot into an etcd of its own. */
export interface Verified {
  /** Of the snapshot. */
  readonly key: string;
  readonly at: string;
  readonly restorable: boolean;
  /** Why not; `null`: it is. */
  readonly reason: string | null;
  /** The last one in it, exactly, decimal text; `null`: it was not restored. */
  readonly revision: string | null;
  readonly keyCount: number | null;
  /** Of the etcd that restored it. */
  readonly etcdVersion: string;
}

export const encodeVerified = (verified: Verified): string => JSON.stringify({ version: 1, ...verified });

/** `null` for anything else: then it is not known to be restorable. */
export function decodeVerified(text: string): Verified | null {
  const value = parseJson(text);
  if (!isRecord(value) || value['version'] !== 1) return null;
  const { key, at, restorable, reason, revision, keyCount, etcdVersion } = value;
  if (typeof key !== 'string' || typeof at !== 'string' || Number.isNaN(Date.parse(at))) return null;
  if (typeof restorable !== 'boolean' || typeof etcdVersion !== 'string') return null;
  if (reason !== null && typeof reason !== 'string') return null;
  if (revision !== null && !isRevision(revision)) return null;
  if (keyCount !== null && !isCount(keyCount)) return null;
  // "Restorable" without the revision that came out of it would be a claim without proof.
  if (restorable && (revision === null || reason !== null)) return null;
  return { key, at, restorable, reason, revision, keyCount, etcdVersion };
}
