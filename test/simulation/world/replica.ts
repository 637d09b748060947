import type { Random } from '../history/random.ts';

/** How old an answer may be, and how often it is an old one. */
export interface Lag {
  readonly seconds: number;
  readonly chance: number;
  readonly random: Random;
}

/**
 * Answers of a service whose reads are eventually consistent: some see the world as it was up to a
 * few seconds ago, others as it is, in any order.
 */
export class Replica<T> {
  lag: Lag | null = null;
  #answer: T | null = null;
  #takenAtMs = 0;

  read(nowMs: number, fresh: () => T): T {
    if (this.lag === null) return fresh();
    const isOutdated = nowMs - this.#takenAtMs > this.lag.seconds * 1_000 || nowMs < this.#takenAtMs;
    if (this.#answer === null || isOutdated) {
      this.#answer = fresh();
      this.#takenAtMs = nowMs;
    }
    return this.lag.random.chance(this.lag.chance) ? this.#answer : fresh();
  }

  catchUp(): void {
    this.lag = null;
    this.#answer = null;
  }
}

/** Those reads of the world that AWS serves from more than one place. */
export class Replicas<Groups, Machines, Parameters> {
  readonly groups = new Replica<Groups>();
  readonly machines = new Replica<Machines>();
  readonly parameters = new Replica<Parameters>();

  /** Whether anything that is read now may be old. */
  get mayBeStale(): boolean {
    return this.groups.lag !== null || this.machines.lag !== null || this.parameters.lag !== null;
  }

  catchUp(): void {
    this.groups.catchUp();
    this.machines.catchUp();
    this.parameters.catchUp();
  }
}
