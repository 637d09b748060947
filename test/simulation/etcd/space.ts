/** What one value costs that is still held, and what an empty database takes. */
const VALUE_BYTES = 1_000;
const EMPTY_BYTES = 20_480;

/** Much that was written at one revision. */
interface Load {
  readonly revision: bigint;
  readonly bytes: number;
}

/** What a snapshot holds of the key space. */
export interface Stored {
  readonly revision: bigint;
  readonly compactRevision: bigint;
  readonly keptBytes: number;
  readonly loads: readonly Load[];
  readonly isCorrupt: boolean;
}

/**
 * Revisions, and how large the databases are. What is held (the same on every member) is what is kept, and every
 * value since the last compaction; a member's file grows with it, and never shrinks but by a defragmentation of
 * that member.
 */
export class Space {
  /** A member whose file is as large refuses to grow; by default nobody comes near. */
  quotaBytes = Number.POSITIVE_INFINITY;
  valueBytes = VALUE_BYTES;
  /** What no compaction takes away. */
  keptBytes = EMPTY_BYTES;
  /** Of the key space: each write that is kept is one more. */
  revision = 1n;
  compactRevision = 0n;
  /** How long a defragmentation keeps its member from answering. */
  defragmentMs = 0;
  /** Members whose values are not those of the others. */
  readonly corrupt = new Set<string>();
  #loads: Load[] = [];
  /** The index of the log at which each revision after the first known was made. */
  #indexes: bigint[] = [];
  #firstRevision = 1n;
  /** How large every file was at each compaction, and how many of these a member's defragmentation has undone. */
  #peaks: number[] = [];
  readonly #undone = new Map<string, number>();

  /** One revision more, made at this index. */
  note(index: bigint): void {
    this.revision += 1n;
    this.#indexes.push(index);
  }

  /** A new leader does not have what came after this index. */
  truncate(index: bigint): void {
    for (let last = this.#indexes.at(-1); last !== undefined && last > index; last = this.#indexes.at(-1)) {
      this.#indexes.pop();
      this.revision -= 1n;
    }
    this.#loads = this.#loads.filter(({ revision }) => revision <= this.revision);
  }

  /** How far a member is that has applied so much of the log. */
  revisionAt(index: bigint): bigint {
    let count = this.#indexes.length;
    while (count > 0 && (this.#indexes[count - 1] ?? 0n) > index) count -= 1;
    return this.#firstRevision + BigInt(count);
  }

  /** Clients write this much at once, over what they have: it is held until the past is forgotten. */
  load(bytes: number): void {
    this.#loads.push({ revision: this.revision, bytes });
  }

  /** They delete so much of what they keep. */
  unload(bytes: number): void {
    this.keptBytes -= bytes;
    this.load(bytes);
  }

  get inUseBytes(): number {
    let bytes = this.keptBytes + Number(this.revision - this.compactRevision) * this.valueBytes;
    for (const load of this.#loads) bytes += load.bytes;
    return bytes;
  }

  sizesOf(memberId: string): { readonly dbSizeBytes: number; readonly dbSizeInUseBytes: number } {
    return { dbSizeBytes: this.fileOf(memberId), dbSizeInUseBytes: this.inUseBytes };
  }

  /** Free pages are used before the file grows. */
  fileOf(memberId: string): number {
    let bytes = this.inUseBytes;
    for (let at = this.#undone.get(memberId) ?? 0; at < this.#peaks.length; at += 1)
      bytes = Math.max(bytes, this.#peaks[at] ?? 0);
    return bytes;
  }

  isFull(memberId: string): boolean {
    return this.fileOf(memberId) + this.valueBytes > this.quotaBytes;
  }

  /** Members' files keep what they had. */
  compact(revision: bigint): void {
    this.#peaks.push(this.inUseBytes);
    this.#loads = this.#loads.filter((load) => load.revision > revision);
    this.compactRevision = revision;
  }

  /** Every file has holes of so many bytes, as after a compaction of long ago. */
  puncture(bytes: number): void {
    this.#peaks.push(this.inUseBytes + bytes);
  }

  defragment(memberId: string): void {
    this.#undone.set(memberId, this.#peaks.length);
  }

  /** Text of a hash: of equal data at equal revisions, compacted alike, it is equal. */
  hashOf(memberId: string, revision: bigint): string {
    return this.hashFor(this.corrupt.has(memberId), revision);
  }

  hashFor(isCorrupt: boolean, revision: bigint): string {
    const mixed = revision * 2_654_435_761n + this.compactRevision * 40_503n;
    return String((isCorrupt ? mixed + 1n : mixed) % 4_294_967_296n);
  }

  /** A newcomer is sent the leader's file as it is. */
  adopt(memberId: string, leaderId: string | null): void {
    this.#undone.set(memberId, this.#undone.get(leaderId ?? '') ?? 0);
  }

  /** What a snapshot of a member holds that has applied so much. */
  storedOf(memberId: string, index: bigint): Stored {
    const revision = this.revisionAt(index);
    const loads = this.#loads.filter((load) => load.revision <= revision);
    const { compactRevision, keptBytes } = this;
    return { revision, compactRevision, keptBytes, loads, isCorrupt: this.corrupt.has(memberId) };
  }

  /** The same in a new cluster, all revisions that much later, and with a bump all of the past forgotten. */
  restore({ revision, compactRevision, keptBytes, loads }: Stored, bump: bigint): void {
    const heldBytes = loads.reduce((sum, { bytes }) => sum + bytes, keptBytes);
    this.revision = revision + bump;
    this.compactRevision = bump > 0n ? this.revision : compactRevision;
    this.keptBytes = keptBytes;
    this.#loads = bump > 0n ? [] : [...loads];
    // The file is restored as it was: room that nobody needs any more stays in it.
    this.#peaks = [heldBytes];
    this.#indexes = [];
    this.#firstRevision = this.revision;
    this.corrupt.clear();
    this.#undone.clear();
  }
}
