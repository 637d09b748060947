import type { Random } from '../history/random.ts';

/** What the way from the bus to the queue does to what is sent. */
export interface Delivery {
  readonly lossChance: number;
  readonly doubleChance: number;
  /** Of each one by itself, so that some overtake others. */
  readonly secondsMax: number;
  readonly random: Random;
}

interface Letter {
  readonly body: string;
  readonly dueMs: number;
}

const DEDUPLICATION_MS = 300_000;
const RETENTION_MS = 900_000;

/** The cluster's group of the FIFO queue: one message in flight, the same body once in five minutes. */
export class Queue {
  /** `null`: every event comes, once, at once. */
  delivery: Delivery | null = null;
  /** It gives out nothing. */
  isStalled = false;
  /** Of each kind of fate, for the summary. */
  readonly counts = { lost: 0, doubled: 0, delayed: 0, deduplicated: 0, expired: 0, redelivered: 0 };
  #letters: Letter[] = [];
  readonly #seen = new Map<string, number>();
  #inFlight: Letter | null = null;
  #last: Letter | null = null;
  #blockedUntilMs = 0;

  get length(): number {
    return this.#letters.length;
  }

  /** False: there is nothing to take, whatever the time. */
  get hasWork(): boolean {
    return this.#inFlight !== null || this.#letters.length > 0;
  }

  /** By way of the bus, which is best effort. */
  tell(body: string, nowMs: number): void {
    const way = this.delivery;
    if (way === null) {
      this.send(body, nowMs);
      return;
    }
    if (way.random.chance(way.lossChance)) {
      this.counts.lost += 1;
      return;
    }
    const isDouble = way.random.chance(way.doubleChance);
    for (let copy = 0; copy < (isDouble ? 2 : 1); copy += 1) {
      const lateMs = way.random.whole(0, way.secondsMax) * 1_000;
      if (lateMs > 0) this.counts.delayed += 1;
      // EventBridge gives a copy another id when the event itself came twice.
      this.send(copy === 0 ? body : `${body.slice(0, -1)},"copy":${copy}}`, nowMs, lateMs);
    }
    if (isDouble) this.counts.doubled += 1;
  }

  /** Straight into the queue. */
  send(body: string, nowMs: number, delayMs = 0): void {
    if ((this.#seen.get(body) ?? 0) > nowMs) {
      this.counts.deduplicated += 1;
      return;
    }
    this.#seen.set(body, nowMs + DEDUPLICATION_MS);
    if (this.#seen.size > 1_000) this.#forget(nowMs);
    const letter = { body, dueMs: nowMs + delayMs };
    const at = this.#letters.findLastIndex(({ dueMs }) => dueMs <= letter.dueMs);
    this.#letters.splice(at + 1, 0, letter);
  }

  #forget(nowMs: number): void {
    for (const [body, untilMs] of this.#seen) if (untilMs <= nowMs) this.#seen.delete(body);
  }

  /** The next message, which is in flight until it is done with; `null`: there is none now, or one is in flight. */
  take(nowMs: number, visibilitySeconds: number): string | null {
    if (this.isStalled || nowMs < this.#blockedUntilMs) return null;
    if (this.#inFlight !== null) this.counts.redelivered += 1;
    const next = this.#inFlight ?? this.#letters.shift() ?? null;
    if (next === null) return null;
    if (next.dueMs > nowMs) {
      this.#letters.unshift(next);
      return null;
    }
    if (nowMs - next.dueMs > RETENTION_MS) {
      this.counts.expired += 1;
      this.done();
      return null;
    }
    this.#inFlight = next;
    this.#blockedUntilMs = nowMs + visibilitySeconds * 1_000;
    return next.body;
  }

  /** Standard queues deliver twice at times, a FIFO queue after a lost acknowledgement. False: nothing came yet. */
  repeatLast(nowMs: number): boolean {
    if (this.#last === null) return false;
    this.#letters.unshift({ body: this.#last.body, dueMs: nowMs });
    return true;
  }

  /** It is acknowledged. */
  done(): void {
    this.#last = this.#inFlight ?? this.#last;
    this.#inFlight = null;
    this.#blockedUntilMs = 0;
  }
}
