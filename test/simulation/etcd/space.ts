/** What one value costs that is still held, and what an empty database takes. */
const VALUE_BYTES = 1_000;
const EMPTY_BYTES = 20_480;

/**
 * How large the databases are. What is held (the same on every member) is every value since the last compaction;
 * a member's file grows with it, and never shrinks but by a defragmentation of that member.
 */
export class Space {
  /** A member whose file is as large refuses to grow; by default nobody comes near. */
  quotaBytes = Number.POSITIVE_INFINITY;
  valueBytes = VALUE_BYTES;
  #inUseBytes = EMPTY_BYTES;
  readonly #fileBytes = new Map<string, number>();
  compactRevision = 0n;
  /** How long a defragmentation keeps its member from answering. */
  defragmentMs = 0;
  /** Members whose values are not those of the others. */
  readonly corrupt = new Set<string>();

  sizesOf(memberId: string): { readonly dbSizeBytes: number; readonly dbSizeInUseBytes: number } {
    return { dbSizeBytes: this.#fileOf(memberId), dbSizeInUseBytes: this.#inUseBytes };
  }

  /** Free pages are used before the file grows. */
  #fileOf(memberId: string): number {
    return Math.max(this.#inUseBytes, this.#fileBytes.get(memberId) ?? 0);
  }

  isFull(memberId: string): boolean {
    return this.#fileOf(memberId) + this.valueBytes > this.quotaBytes;
  }

  grow(members: readonly { readonly id: string }[]): void {
    this.#inUseBytes += this.valueBytes;
    if (this.quotaBytes === Number.POSITIVE_INFINITY) return;
    for (const { id } of members) this.#fileBytes.set(id, this.#fileOf(id));
  }

  /** Members' files keep what they had. */
  compact(revision: bigint, members: readonly { readonly id: string }[]): void {
    for (const { id } of members) this.#fileBytes.set(id, this.#fileOf(id));
    const freed = Number(revision - this.compactRevision) * this.valueBytes;
    this.#inUseBytes = Math.max(EMPTY_BYTES, this.#inUseBytes - freed);
    this.compactRevision = revision;
  }

  defragment(memberId: string): void {
    this.#fileBytes.delete(memberId);
  }
}
