import type { MemberId } from '../core/identity.ts';

/** Two counts this far apart have some twenty answered heartbeats between them. */
export const HEARING_MS = 2_000;

type Counts = ReadonlyMap<MemberId, number>;

/** When the counts were asked for, and when they were there. */
interface Reading {
  readonly beganAtMs: number;
  readonly endedAtMs: number;
}

/** What the leader received, over the looks of one pass. */
export class HearingRecord {
  readonly hears = new Map<MemberId, boolean>();
  /** The last try to ask the leader failed. */
  isMute = false;
  #first: { readonly leaderId: MemberId; readonly counts: Counts; readonly atMs: number } | null = null;

  /** `counts` is `null` when the leader did not say. */
  note(leaderId: MemberId, counts: Counts | null, silent: readonly MemberId[], read: Reading): void {
    this.isMute = counts === null;
    if (counts === null) return;
    const first = this.#first;
    if (first === null || first.leaderId !== leaderId || hasRestarted(first.counts, counts)) {
      this.#first = { leaderId, counts, atMs: read.endedAtMs };
      this.hears.clear();
      return;
    }
    for (const id of silent) {
      if (grew(first.counts, counts, id)) this.hears.set(id, true);
      else if (read.beganAtMs - first.atMs >= HEARING_MS) this.hears.set(id, false);
    }
  }
}

const grew = (before: Counts, after: Counts, id: MemberId): boolean =>
  (after.get(id) ?? 0) > (before.get(id) ?? 0);

/** Its process began to count anew. */
const hasRestarted = (before: Counts, after: Counts): boolean =>
  [...before].some(([id, bytes]) => (after.get(id) ?? 0) < bytes);
