import type { ObjectPort, PendingUpload, StoredObject } from '../../functions/core/backup/object-port.ts';
import { InvariantError } from '../../functions/core/errors.ts';

interface Kept {
  readonly bytes: Uint8Array;
  readonly modifiedAtMs: number;
}

/** A bucket in memory. `trouble` may throw before any call, and is asked before every chunk of an upload, too. */
export class FakeObjects implements ObjectPort {
  readonly objects = new Map<string, Kept>();
  readonly uploads = new Map<string, PendingUpload>();
  readonly #nowMs: () => number;
  readonly #trouble: (call: string, key: string) => void;
  #uploadCount = 0;

  constructor(nowMs: () => number, trouble: (call: string, key: string) => void = () => {}) {
    this.#nowMs = nowMs;
    this.#trouble = trouble;
  }

  async readText(key: string): Promise<string | null> {
    this.#trouble('readText', key);
    const found = this.objects.get(key);
    return found === undefined ? null : Buffer.from(found.bytes).toString('utf8');
  }

  async writeText(key: string, text: string): Promise<void> {
    this.#trouble('writeText', key);
    this.put(key, Buffer.from(text));
  }

  async list(prefix: string): Promise<readonly StoredObject[]> {
    this.#trouble('list', prefix);
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { bytes, modifiedAtMs }]) => ({ key, sizeBytes: bytes.length, modifiedAtMs }))
      .sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#trouble('remove', key);
      this.objects.delete(key);
    }
  }

  async upload(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.#trouble('upload', key);
    this.#uploadCount += 1;
    const pending = { key, uploadId: String(this.#uploadCount), startedAtMs: this.#nowMs() };
    this.uploads.set(pending.uploadId, pending);
    try {
      const parts: Buffer[] = [];
      for await (const chunk of chunks) {
        this.#trouble('uploadPart', key);
        parts.push(Buffer.from(chunk));
      }
      if (parts.length === 0) throw new InvariantError(`${key} would be empty`);
      this.#trouble('completeUpload', key);
      this.put(key, Buffer.concat(parts));
    } finally {
      this.uploads.delete(pending.uploadId);
    }
  }

  async download(key: string): Promise<AsyncIterable<Uint8Array> | null> {
    this.#trouble('download', key);
    const found = this.objects.get(key);
    return found === undefined ? null : piecesOf(found.bytes);
  }

  async listUploads(prefix: string): Promise<readonly PendingUpload[]> {
    this.#trouble('listUploads', prefix);
    return [...this.uploads.values()].filter(({ key }) => key.startsWith(prefix));
  }

  async abortUpload({ key, uploadId }: PendingUpload): Promise<void> {
    this.#trouble('abortUpload', key);
    this.uploads.delete(uploadId);
  }

  /** As if it had been written at `modifiedAtMs`. */
  put(key: string, bytes: Uint8Array, modifiedAtMs = this.#nowMs()): void {
    this.objects.set(key, { bytes, modifiedAtMs });
  }
}

const PIECE_BYTES = 65_536;

async function* piecesOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    yield bytes.subarray(start, start + PIECE_BYTES);
}
