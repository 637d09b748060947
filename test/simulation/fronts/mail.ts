import type { Random } from '../history/random.ts';

export interface Letter {
  readonly body: string;
  readonly sentAtMs: number;
  /** When the queue shows it. */
  readonly dueMs: number;
}

/** What may happen to an event on its way; a message that somebody sent himself always comes. */
export interface MailFate {
  readonly lost: number;
  readonly doubled: number;
  /** Seconds that an event may take at most. */
  readonly lateSeconds: number;
}

const SURE: MailFate = { lost: 0, doubled: 0, lateSeconds: 0 };
/** Of the packaged queues: the timeout of the function and ten seconds. */
const VISIBILITY_MS = 70_000;
const BATCH_MAX = 10;

/** One FIFO queue with one message group: one batch is under way at a time, and one that comes back blocks it. */
export class Mail {
  #letters: Letter[] = [];
  #blockedUntilMs = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  send(body: string, nowMs: number, { lost, doubled, lateSeconds }: MailFate = SURE): void {
    if (lost > 0 && this.#random.chance(lost)) return;
    const copies = doubled > 0 && this.#random.chance(doubled) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const lateMs = lateSeconds === 0 ? 0 : this.#random.whole(0, lateSeconds) * 1_000;
      // Sent is when EventBridge puts it into the queue.
      this.#letters.push({ body, sentAtMs: nowMs + lateMs, dueMs: nowMs + lateMs });
    }
  }

  /** The next batch; empty while there is nothing, or the group is blocked. */
  take(nowMs: number): readonly Letter[] {
    if (nowMs < this.#blockedUntilMs || this.#letters.length === 0) return [];
    const due = this.#letters.filter(({ dueMs }) => dueMs <= nowMs).slice(0, BATCH_MAX);
    if (due.length > 0) this.#letters = this.#letters.filter((letter) => !due.includes(letter));
    return due;
  }

  /** The function that took it was killed. */
  returnBatch(batch: readonly Letter[], nowMs: number): void {
    this.#letters = [...batch, ...this.#letters];
    this.#blockedUntilMs = nowMs + VISIBILITY_MS;
  }
}
