import type { Clock } from '../../../functions/core/ports.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Everything that settled promises have to do is done before the next turn of the loop. */
const turnOfLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Functions that run side by side with membership's, in the time of the world. */
export class Errands {
  #runningCount = 0;
  #sleepers: Sleeper[] = [];
  readonly #nowMs: () => number;
  readonly #onFailure: (error: unknown) => void;
  readonly clock: Clock;

  constructor(nowMs: () => number, onFailure: (error: unknown) => void) {
    this.#nowMs = nowMs;
    this.#onFailure = onFailure;
    this.clock = {
      nowMs,
      sleep: (ms) =>
        new Promise((wake) => {
          this.#sleepers.push({ atMs: this.#nowMs() + ms, wake });
        }),
    };
  }

  get areRunning(): boolean {
    return this.#runningCount > 0;
  }

  start(work: () => Promise<void>): void {
    this.#runningCount += 1;
    void work()
      .catch(this.#onFailure)
      .finally(() => {
        this.#runningCount -= 1;
      });
  }

  /** Wakes whoever has slept enough, and lets all of them work as far as they can without time. */
  async turn(): Promise<void> {
    const nowMs = this.#nowMs();
    const due = this.#sleepers.filter(({ atMs }) => atMs <= nowMs);
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > nowMs);
    for (const { wake } of due) wake();
    await turnOfLoop();
  }
}
