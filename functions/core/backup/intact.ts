import { createHash } from 'node:crypto';

/** etcd sends its sha256 behind the database, */
const TRAILER_BYTES = 32;
/** whose pages are a multiple of this long, */
const PAGE_BYTES = 512;
/** and whose first page says what it is: bbolt's magic number, behind a header of 16 bytes. */
const MAGIC = Buffer.from([0xed, 0xda, 0x0c, 0xed]);
const MAGIC_AT = 16;

export interface IntactVerdict {
  /** Of the whole object, the checksum included. */
  readonly sizeBytes: number;
  /** Of the whole object, hexadecimal. */
  readonly sha256: string;
  /** Why it is no snapshot; `null`: it arrived whole. */
  readonly problem: string | null;
}

/** Judges a snapshot while it passes: nobody holds two gigabytes to look at them afterwards. */
export class IntactCheck {
  readonly #hash = createHash('sha256');
  /** The last bytes seen, which may be the checksum. */
  #tail = Buffer.alloc(0);
  #head = Buffer.alloc(0);
  #sizeBytes = 0;

  add(chunk: Uint8Array): void {
    this.#sizeBytes += chunk.length;
    if (this.#head.length < MAGIC_AT + MAGIC.length)
      this.#head = Buffer.concat([
        this.#head,
        chunk.subarray(0, MAGIC_AT + MAGIC.length - this.#head.length),
      ]);
    if (chunk.length >= TRAILER_BYTES) {
      this.#hash.update(this.#tail);
      this.#hash.update(chunk.subarray(0, chunk.length - TRAILER_BYTES));
      this.#tail = Buffer.from(chunk.subarray(chunk.length - TRAILER_BYTES));
      return;
    }
    const both = Buffer.concat([this.#tail, chunk]);
    const kept = Math.min(TRAILER_BYTES, both.length);
    this.#hash.update(both.subarray(0, both.length - kept));
    this.#tail = both.subarray(both.length - kept);
  }

  /** When all has passed. */
  end(): IntactVerdict {
    const sha256 = this.#hash.copy().update(this.#tail).digest('hex');
    return { sizeBytes: this.#sizeBytes, sha256, problem: this.#problem() };
  }

  #problem(): string | null {
    if (this.#sizeBytes === 0) return 'it is empty';
    if (this.#sizeBytes % PAGE_BYTES !== TRAILER_BYTES)
      return `its ${this.#sizeBytes} bytes are not whole pages and a checksum`;
    if (!this.#head.subarray(MAGIC_AT).equals(MAGIC)) return 'it is no database of etcd';
    if (!this.#hash.copy().digest().equals(this.#tail)) return 'its checksum does not fit what came';
    return null;
  }
}
