import type { IntactVerdict } from '../backup/intact.ts';

/** Where a snapshot can be tried out, with nothing of it left behind. */
export interface ScratchPort {
  /**
   * A place of its own for one snapshot; `null`: there are no etcd tools here, and none will come by themselves.
   *
   * @throws {OperationError} the tools are there and do not run.
   */
  open(): Promise<Scratch | null>;
}

/** Every call ends by `untilMs`, or throws an `OperationError`: late is nothing that was found of the snapshot. */
export interface Scratch {
  /** Of the etcd that tries it out. */
  readonly etcdVersion: string;
  /** Keeps the snapshot as it comes, and judges it on the way. */
  keep(chunks: AsyncIterable<Uint8Array>, untilMs: number): Promise<IntactVerdict>;
  /** Restores what was kept as it is, without raising revisions. Why it cannot be, or `null`. */
  restore(untilMs: number): Promise<string | null>;
  /** Runs etcd on what was restored; a text says why it does not serve. */
  look(atRevision: string, untilMs: number): Promise<Found | string>;
  /** Ends what runs and deletes what lies there; never throws. */
  close(): Promise<void>;
}

/** What a restored snapshot holds. Revisions and hashes are decimal text. */
export interface Found {
  /** The last one in it. */
  readonly revision: string;
  /** At the revision that was asked for; `null`: it is compacted, or this etcd does not tell without a user. */
  readonly hash: string | null;
  readonly compactRevision: string | null;
  readonly keyCount: number | null;
}
