const MEGABYTE = 1_048_576;
/** As etcd has it where nobody says anything. */
const QUOTA_BYTES = 2_048 * MEGABYTE;

/** Writes of so many bytes, made at one revision; the small ones of every day weigh nothing. */
interface Load {
  readonly revision: bigint;
  readonly bytes: number;
}

/** What a snapshot holds: the key space at one revision, and what of etcd's own lies in the same file. */
export interface Stored {
  readonly revision: bigint;
  readonly compactRevision: bigint;
  readonly keptBytes: number;
  readonly loads: readonly Load[];
}

/**
 * The databases of a cluster: revisions, what they weigh, and the files of the members, which only a
 * defragmentation makes smaller. All members hold the same, unless one is `corrupt`.
 */
export class Storage {
  quotaBytes = QUOTA_BYTES;
  revision = 1n;
  compactRevision = 0n;
  /** What no compaction takes away. */
  keptBytes = MEGABYTE;
  /** Members whose data is not what the others have. */
  readonly corrupt = new Set<string>();
  #loads: Load[] = [];
  /** The index of the log at which each revision since the first was made. */
  #indexes: bigint[] = [];
  #first = 2n;
  /** How large every file had grown before each compaction, and from which of these on a member's file counts. */
  #peaks: number[] = [];
  readonly #rewrittenAt = new Map<string, number>();

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

  /** What a member has that has applied so much of the log. */
  revisionAt(index: bigint): bigint {
    let count = this.#indexes.length;
    while (count > 0 && (this.#indexes[count - 1] ?? 0n) > index) count -= 1;
    return this.#first - 1n + BigInt(count);
  }

  /** Clients write this much at once; what is `kept` stays when the past is forgotten. */
  load(bytes: number, isKept = false): void {
    if (isKept) this.keptBytes += bytes;
    else this.#loads.push({ revision: this.revision, bytes });
  }

  /** A client deletes so much of what it kept; it stays in the past for now. */
  unload(bytes: number): void {
    this.keptBytes -= bytes;
    this.load(bytes);
  }

  get inUseBytes(): number {
    let bytes = this.keptBytes;
    for (const load of this.#loads) bytes += load.bytes;
    return bytes;
  }

  /** False: every file is as small as on the first day, and nobody need look. */
  get isLarge(): boolean {
    return this.#peaks.length > 0 || this.#loads.length > 0 || this.keptBytes > MEGABYTE;
  }

  fileBytes(memberId: string): number {
    return Math.max(this.inUseBytes, ...this.#peaks.slice(this.#rewrittenAt.get(memberId) ?? 0));
  }

  compact(revision: bigint): void {
    this.#peaks.push(this.inUseBytes);
    this.compactRevision = revision;
    this.#loads = this.#loads.filter((load) => load.revision > revision);
  }

  /** Files have holes of so many bytes in all, as after a compaction of long ago. */
  puncture(bytes: number): void {
    this.#peaks.push(this.inUseBytes + bytes);
  }

  defragment(memberId: string): void {
    this.#rewrittenAt.set(memberId, this.#peaks.length);
  }

  /** Text of a hash: of equal data at equal revisions, compacted alike, it is equal. */
  hashOf(memberId: string, revision: bigint): string {
    const mixed = revision * 2_654_435_761n + this.compactRevision * 40_503n;
    return String((this.corrupt.has(memberId) ? mixed + 1n : mixed) % 4_294_967_296n);
  }

  /** What a snapshot of a member holds that has applied so much. */
  storedAt(index: bigint): Stored {
    const revision = this.revisionAt(index);
    const loads = this.#loads.filter((load) => load.revision <= revision);
    return { revision, compactRevision: this.compactRevision, keptBytes: this.keptBytes, loads };
  }

  /** The same in a new cluster, with all revisions that much later and the past forgotten. */
  restore({ revision, compactRevision, keptBytes, loads }: Stored, bump: bigint): void {
    const isBumped = bump > 0n;
    this.revision = revision + bump;
    this.compactRevision = isBumped ? this.revision : compactRevision;
    this.keptBytes = keptBytes;
    this.#loads = isBumped ? [] : [...loads];
    this.#peaks = isBumped ? [loads.reduce((sum, { bytes }) => sum + bytes, keptBytes)] : [];
    this.#indexes = [];
    this.#first = this.revision + 1n;
    this.corrupt.clear();
    this.#rewrittenAt.clear();
  }
}
