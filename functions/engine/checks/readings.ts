import type { Unread } from '../../core/checks/world.ts';
import { OperationError } from '../../core/errors.ts';

/** Notes which readings failed, and goes on: one denial must not hide what the others show. */
export class Readings {
  readonly #failed: Unread[] = [];

  get failed(): readonly Unread[] {
    return this.#failed;
  }

  /** `null`: it failed, or there was nothing. */
  async of<Answer>(what: string, asked: Promise<Answer | null>): Promise<Answer | null> {
    return (await this.maybe(what, asked)) ?? null;
  }

  /** `undefined`: it failed, which is not the same as nothing. */
  async maybe<Answer>(what: string, asked: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.#failed.push({ what, because: `${error.code} (${error.message})` });
      return undefined;
    }
  }
}

/** `null`: it failed, and nothing is judged by it. Whoever does not answer is told of by the look already. */
export async function orNothing<Answer>(asked: Promise<Answer>): Promise<Answer | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof OperationError) return null;
    throw error;
  }
}
