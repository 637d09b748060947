import type { ObjectPort, PendingUpload, StoredObject } from '../../../functions/core/backup/object-port.ts';
import { Killed } from './life.ts';

export interface Kept {
  readonly bytes: Uint8Array;
  readonly modifiedAtMs: number;
}

/** Told before anything in the bucket changes. */
export interface BucketEar {
  readonly onPut: (key: string, bytes: Uint8Array) => void;
  readonly onRemove: (keys: readonly string[]) => void;
}

const PIECE_BYTES = 700;

/** S3 as everybody sees it at once, and what a killed function leaves in it. */
export class CareBucket implements ObjectPort {
  readonly objects = new Map<string, Kept>();
  readonly uploads = new Map<string, PendingUpload>();
  ear: BucketEar = { onPut: () => undefined, onRemove: () => undefined };
  readonly #nowMs: () => number;
  #serial = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  put(key: string, bytes: Uint8Array, modifiedAtMs = this.#nowMs()): void {
    this.objects.set(key, { bytes, modifiedAtMs });
  }

  textAt(key: string): string | null {
    const found = this.objects.get(key);
    return found === undefined ? null : Buffer.from(found.bytes).toString('utf8');
  }

  async readText(key: string): Promise<string | null> {
    return this.textAt(key);
  }

  async writeText(key: string, text: string): Promise<void> {
    this.ear.onPut(key, Buffer.from(text));
    this.put(key, Buffer.from(text));
  }

  async list(prefix: string): Promise<readonly StoredObject[]> {
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { bytes, modifiedAtMs }]) => ({ key, sizeBytes: bytes.length, modifiedAtMs }))
      .sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  async remove(keys: readonly string[]): Promise<void> {
    this.ear.onRemove(keys.filter((key) => this.objects.has(key)));
    for (const key of keys) this.objects.delete(key);
  }

  /** Parts of a function that was killed stay until somebody gives them up. */
  async upload(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.#serial += 1;
    const pending = { key, uploadId: String(this.#serial), startedAtMs: this.#nowMs() };
    this.uploads.set(pending.uploadId, pending);
    const parts: Buffer[] = [];
    try {
      for await (const chunk of chunks) parts.push(Buffer.from(chunk));
    } catch (error) {
      if (!(error instanceof Killed)) this.uploads.delete(pending.uploadId);
      throw error;
    }
    const bytes = Buffer.concat(parts);
    this.uploads.delete(pending.uploadId);
    this.ear.onPut(key, bytes);
    this.put(key, bytes);
  }

  async download(key: string): Promise<AsyncIterable<Uint8Array> | null> {
    const found = this.objects.get(key);
    return found === undefined ? null : piecesOf(found.bytes);
  }

  async listUploads(prefix: string): Promise<readonly PendingUpload[]> {
    return [...this.uploads.values()].filter(({ key }) => key.startsWith(prefix));
  }

  async abortUpload({ uploadId }: PendingUpload): Promise<void> {
    this.uploads.delete(uploadId);
  }
}

export async function* piecesOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    yield bytes.subarray(start, start + PIECE_BYTES);
}
