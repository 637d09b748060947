import { isRecord } from './json.ts';

/** A snapshot that one founder restores, once, before its etcd starts: the others get the data from it. */
export interface Restore {
  /** `s3://<bucket>/<key>` of the snapshot as etcd sent it: the database and its checksum. */
  readonly uri: string;
  /** Of the whole object, 64 lower-case hexadecimal digits: nothing else is ever restored. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Added to every revision, and everything before it marked as compacted; 0 leaves the revisions as they are. */
  readonly bump: number;
}

/**
 * A client that watches, or caches by revision, must not take a revision of before for one of after. So the
 * restored data starts where the lost cluster cannot have been: a thousand writes a second for eleven days.
 */
export const RESTORE_BUMP = 1_000_000_000;

/** Keys that need no escape in a URL, in a shell file or in a signature, and that no client shortens. */
const URI = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/;
const URI_CHARS_MAX = 512;
const SHA256 = /^[0-9a-f]{64}$/;
/** A sixth of what a revision can be: it goes on from there. */
export const BUMP_MAX = 1e15;

/** What is wrong with it, in words for whoever wrote it; empty if nothing is. */
export function problemsOfRestore({ uri, sha256, sizeBytes, bump }: Restore): readonly string[] {
  return [
    ...(uri.length <= URI_CHARS_MAX && URI.test(uri)
      ? []
      : ['uri must be s3://<bucket>/<key> of letters, digits and /._- in at most 512 characters']),
    ...(SHA256.test(sha256) ? [] : ['sha256 must be 64 lower-case hexadecimal digits']),
    ...(isCount(sizeBytes, 1) ? [] : ['sizeBytes must be a whole number of bytes']),
    ...(isCount(bump, 0) && bump <= BUMP_MAX ? [] : [`bump must be a whole number of at most ${BUMP_MAX}`]),
  ];
}

/** The bucket and the key of a `uri`; `null` if it is none. */
export function placeOfRestore(uri: string): { readonly bucket: string; readonly key: string } | null {
  if (uri.length > URI_CHARS_MAX || !URI.test(uri)) return null;
  const at = uri.indexOf('/', 's3://'.length);
  return { bucket: uri.slice('s3://'.length, at), key: uri.slice(at + 1) };
}

/** Reads one as JSON carries it; `null` for what is none. */
export function restoreIn(value: unknown): Restore | null {
  if (!isRecord(value)) return null;
  const { uri, sha256, sizeBytes, bump } = value;
  if (typeof uri !== 'string' || typeof sha256 !== 'string') return null;
  if (typeof sizeBytes !== 'number' || typeof bump !== 'number') return null;
  const restore = { uri, sha256, sizeBytes, bump };
  return problemsOfRestore(restore).length === 0 ? restore : null;
}

const isCount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
