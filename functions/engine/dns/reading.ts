import { OperationError } from '../../core/errors.ts';

/** Calls of one pass. One that fails is unknown to whatever depends on it, and ends nothing else. */
export class Readings {
  #error: OperationError | null = null;
  #isBusy = false;

  /** What it answered, or `null` with the error noted. */
  async try<Value>(call: Promise<Value>): Promise<Value | null> {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.#error ??= error;
      return null;
    }
  }

  /** As {@link try}, of a change to the zone: after one that failed no other is tried. */
  async tryChange<Value>(call: Promise<Value>): Promise<Value | null> {
    const answer = await this.try(call);
    this.#isBusy ||= answer === null;
    return answer;
  }

  /** The first call that failed; `null`: none did. */
  get error(): OperationError | null {
    return this.#error;
  }

  /** Route 53 did not take a change, and will not take the next one either. */
  get isBusy(): boolean {
    return this.#isBusy;
  }
}
