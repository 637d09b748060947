type Step = () => Promise<unknown> | unknown;

/** What was started, so that it can be ended in reverse, once, whatever of it fails. */
export class Undo {
  readonly #steps: Step[] = [];
  #running: Promise<void> | null = null;

  /** @throws when the end has begun: what was just started is ended at once, and the start must not go on */
  add(step: Step): void {
    if (this.#running !== null) {
      void step();
      throw new Error('the local region was stopped while it started');
    }
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.toReversed()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the local region did not end cleanly');
  }
}
