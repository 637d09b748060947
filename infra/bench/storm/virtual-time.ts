import type { Clock } from '../../../functions/core/ports.ts';

interface Due {
  readonly atMs: number;
  readonly wake: () => void;
}

/** When the simulated day begins: a whole minute, as schedules tick on it. */
export const DAWN_MS = Date.UTC(2026, 0, 1);
/** Far beyond any storm: a loop that never ends shall be told, not waited for. */
const WAKES_MAX = 2_000_000;

/** A clock that jumps from one waited-for moment to the next, as soon as nothing else is going on. */
export class VirtualTime implements Clock {
  #nowMs = DAWN_MS;
  /** Latest first, so that the next one is taken from the end. */
  readonly #dues: Due[] = [];
  #failure: unknown;

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#add(this.#nowMs + Math.max(0, ms), wake));
  }

  /** Has `work` begin at a moment. What it throws ends the run. */
  at(atMs: number, work: () => Promise<void> | void): void {
    this.#add(atMs, () => {
      Promise.resolve()
        .then(work)
        .catch((error: unknown) => {
          this.#failure ??= error;
        });
    });
  }

  /** Runs until `isOver`, or until `limitMs` of virtual time went by. @throws what any of the work threw. */
  async run(limitMs: number, isOver: () => boolean): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    for (let wakes = 0; wakes < WAKES_MAX; wakes += 1) {
      // Whatever can go on without time does so before any of it passes.
      await new Promise((go) => setImmediate(go));
      if (this.#failure !== undefined) throw this.#failure;
      if (isOver()) return;
      const due = this.#dues.pop();
      if (due === undefined || due.atMs > endMs) return;
      this.#nowMs = due.atMs;
      due.wake();
      while (this.#dues.at(-1)?.atMs === due.atMs) this.#dues.pop()?.wake();
    }
    throw new Error(`the storm did not end within ${WAKES_MAX} steps`);
  }

  /** Behind those that wait for the same moment: who came first is woken first. */
  #add(dueMs: number, wake: () => void): void {
    // Clocks of the platform count whole milliseconds.
    const atMs = Math.ceil(dueMs);
    let [low, high] = [0, this.#dues.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#dues[middle];
      if (other !== undefined && other.atMs > atMs) low = middle + 1;
      else high = middle;
    }
    this.#dues.splice(low, 0, { atMs, wake });
  }
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
