import type { Shelf, Snapshot, SnapshotState } from '../core/backup/listing.ts';
import type { Origin } from '../core/backup/manifest.ts';
import type { BackupFailure } from '../core/backup/parameter.ts';
import type { ErrorCode } from '../core/errors.ts';

/** What an operator gets who invokes the function: versioned JSON. Revisions are decimal text. */
export type BackupAnswer = AskedAnswer | ListAnswer | RefusedAnswer;

/** To `now` and `verify`: it is asked for, and what comes of it stands in the list. */
export interface AskedAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: true;
  readonly request: 'backup';
  readonly action: 'now' | 'verify';
  readonly cluster: string;
  /** What was asked before this has nothing to do with it. */
  readonly askedAt: string;
  /** The snapshot that is verified; `null`: one is taken. */
  readonly key: string | null;
}

export interface ListAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: true;
  readonly request: 'backup';
  readonly action: 'list';
  readonly cluster: string;
  readonly at: string;
  readonly bucket: string;
  /** Newest first. */
  readonly snapshots: readonly ListedSnapshot[];
  /** Older ones that an answer has no room for. */
  readonly moreCount: number;
  /** What lies there and is no snapshot that could be judged, with the reason. */
  readonly strange: readonly { readonly key: string; readonly reason: string }[];
  readonly lastFailure: BackupFailure | null;
  /** Nothing can be found restorable: there are no etcd tools. */
  readonly unverifiable: boolean;
}

export interface ListedSnapshot {
  readonly key: string;
  readonly uri: string;
  readonly takenAt: string;
  readonly state: SnapshotState;
  /** Why it is not restorable. */
  readonly reason: string | null;
  readonly verifiedAt: string | null;
  /** Every write up to here is in it. */
  readonly atRevision: string;
  /** The last one in it, as restoring it showed; `null`: nobody restored it. */
  readonly revision: string | null;
  readonly keyCount: number | null;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly clusterId: string;
  readonly etcdVersion: string;
  readonly instanceId: string;
  readonly origin: Origin;
}

export interface RefusedAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
}

export const refusedAnswer = (code: ErrorCode, message: string): RefusedAnswer => ({
  etcdAutopilot: 1,
  ok: false,
  code,
  message,
});

/** Lambda's answers hold 6 MB; one of these takes less than 1 KB. */
const LISTED_MAX = 2_000;

/** Where the snapshots are, and what is known beside the list. */
export interface Listing {
  readonly cluster: string;
  readonly at: string;
  readonly bucket: string;
  readonly lastFailure: BackupFailure | null;
  readonly unverifiable: boolean;
}

export function listAnswer(listing: Listing, { snapshots, strange }: Shelf): ListAnswer {
  return {
    etcdAutopilot: 1,
    ok: true,
    request: 'backup',
    action: 'list',
    ...listing,
    snapshots: snapshots.slice(0, LISTED_MAX).map((snapshot) => listedOf(listing.bucket, snapshot)),
    moreCount: Math.max(0, snapshots.length - LISTED_MAX),
    strange: strange.slice(0, LISTED_MAX),
  };
}

function listedOf(bucket: string, { key, manifest, verified, state, reason }: Snapshot): ListedSnapshot {
  const { takenAt, atRevision, sizeBytes, sha256, clusterId, etcdVersion, instanceId, origin } = manifest;
  return {
    key,
    uri: `s3://${bucket}/${key}`,
    takenAt,
    state,
    reason,
    verifiedAt: verified?.at ?? null,
    atRevision,
    revision: verified?.revision ?? null,
    keyCount: verified?.keyCount ?? manifest.keyCount,
    sizeBytes,
    sha256,
    clusterId,
    etcdVersion,
    instanceId,
    origin,
  };
}
