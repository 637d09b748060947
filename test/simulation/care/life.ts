import { OperationError } from '../../../functions/core/errors.ts';
import type { Call, Gate } from '../fronts/gate.ts';
import type { Random } from '../history/random.ts';

/** Thrown into a function to stand for its end: nothing of it runs on. */
export class Killed extends Error {}

/** What may go wrong with the calls of one invocation. */
export interface Trouble {
  /** Of all calls that are refused as too many. */
  readonly throttled: number;
  /** Of changes whose answer is lost. */
  readonly unanswered: number;
  /** The call before (even numbers) or after (odd ones) which the function ends; `null`: it lives. */
  readonly killedAt: number | null;
}

export const NO_TROUBLE: Trouble = { throttled: 0, unanswered: 0, killedAt: null };

const MUTATION = /\.(?:write|create|writeText|remove|upload|abortUpload|publish|askForLook|keepUnreadable)$/;

/** One invocation of a function, from its first call to its end. */
export class Life {
  readonly #random: Random;
  readonly #trouble: Trouble;
  readonly #denied: ReadonlySet<string>;
  #count = 0;
  isOver = false;

  constructor(random: Random, trouble: Trouble, denied: ReadonlySet<string>) {
    this.#random = random;
    this.#trouble = trouble;
    this.#denied = denied;
  }

  readonly gate: Gate = (call, given) => this.#send(call, given);

  async #send({ name, send }: Call, given: readonly unknown[]): Promise<unknown> {
    const { killedAt, throttled, unanswered } = this.#trouble;
    this.#beat(killedAt, 0);
    if (this.#denied.has(name)) throw new OperationError('AWS_DENIED', 'never', `${name} is denied`);
    if (throttled > 0 && this.#random.chance(throttled))
      throw new OperationError('AWS_THROTTLED', 'nextLook', `${name} is throttled`);
    const answer = await send(...given);
    if (!MUTATION.test(name)) return answer;
    if (killedAt === this.#count * 2 + 1) this.end();
    if (unanswered > 0 && this.#random.chance(unanswered))
      throw new OperationError('AWS_UNAVAILABLE', 'nextLook', `the answer to ${name} was lost`);
    return answer;
  }

  /** One moment at which the function may end: a call, or a part of what it streams. */
  #beat(killedAt: number | null, after: 0 | 1): void {
    this.#count += 1;
    if (this.isOver || killedAt === this.#count * 2 + after) this.end();
  }

  /** The same stream, in which the function may end, too. */
  async *streamed(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of chunks) {
      this.#beat(this.#trouble.killedAt, 0);
      yield chunk;
    }
  }

  end(): never {
    this.isOver = true;
    throw new Killed('the function ended');
  }
}
