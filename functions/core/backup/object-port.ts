/**
 * One bucket. As every port it answers completely or throws an `OperationError`: a listing that
 * fails in the middle is no shorter listing, and `null` means that S3 said "there is none".
 */
export interface ObjectPort {
  /** `null` only when S3 says that this key does not exist. A text is refused beyond 1 MB: it is none of ours. */
  readText(key: string): Promise<string | null>;
  writeText(key: string, text: string): Promise<void>;
  /** Every object whose key begins with `prefix`, all pages, by key. */
  list(prefix: string): Promise<readonly StoredObject[]>;
  /** Deletes; keys that do not exist are fine. In order of `keys`, by thousands. */
  remove(keys: readonly string[]): Promise<void>;
  /**
   * Writes one object of any size from chunks of any size; a chunk is read before the next is asked for, and
   * may be used again then. The object appears whole when `chunks` ends, and never when `chunks` fails or
   * the process dies: whatever was sent until then is given up.
   */
  upload(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes of an object as they come; `null`: S3 says that it does not exist. It may fail on the way. */
  download(key: string): Promise<AsyncIterable<Uint8Array> | null>;
  /** Uploads that were begun below `prefix` and neither completed nor given up. */
  listUploads(prefix: string): Promise<readonly PendingUpload[]>;
  /** Gives an upload up, and with it the parts that were sent; one that is gone is fine. */
  abortUpload(upload: PendingUpload): Promise<void>;
}

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly startedAtMs: number;
}

/** For whoever only looks. */
export type ObjectLook = Pick<ObjectPort, 'readText' | 'list'>;
