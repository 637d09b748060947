import { OperationError } from '../../../functions/core/errors.ts';
import type { Call } from './gate.ts';
import type { FrontsWorld } from './world.ts';

/** Thrown into a function to stand for its end: nothing of it runs on. */
export class Killed extends Error {}

export type FunctionName = 'dns' | 'registry';

/** Of the packaged functions. */
const LIFE_MS = 60_000;

/** Calls whose effect may have happened although the answer never came. */
const MUTATIONS = new Set([
  'joined.complete',
  'joined.heartbeat',
  'etcd.commit',
  'zones.change',
  'parameters.write',
  'parameters.remove',
]);

/** What may go wrong with the calls of one invocation. */
export interface Trouble {
  /** Of all calls that are refused as too many. */
  readonly throttled: number;
  /** Of changes whose answer is lost. */
  readonly unanswered: number;
  /** The call before (even numbers) or after (odd ones) which the function ends; `null`: it lives. */
  readonly killedAt: number | null;
}

/** One invocation of a function, from its first call to its end. */
export class Life {
  readonly name: FunctionName;
  readonly #world: FrontsWorld;
  readonly #trouble: Trouble;
  readonly #startedAtMs: number;
  #count = 0;
  isOver = false;

  constructor(world: FrontsWorld, name: FunctionName, trouble: Trouble) {
    this.name = name;
    this.#world = world;
    this.#trouble = trouble;
    this.#startedAtMs = world.fleet.nowMs;
  }

  remainingMs(): number {
    return LIFE_MS - (this.#world.fleet.nowMs - this.#startedAtMs);
  }

  async send(call: Call, given: readonly unknown[]): Promise<unknown> {
    const world = this.#world;
    const { killedAt, throttled, unanswered } = this.#trouble;
    this.#count += 1;
    if (this.isOver || this.remainingMs() <= 0 || killedAt === this.#count * 2) this.#end();
    const denied = world.denied.get(call.name) ?? 0;
    if (denied > world.fleet.nowMs) throw new OperationError('AWS_DENIED', 'never', `${call.name} is denied`);
    if (throttled > 0 && world.random.chance(throttled))
      throw new OperationError('AWS_THROTTLED', 'nextLook', `${call.name} is throttled`);
    world.judge.hear(this.name, call, given);
    const answer = await call.send(...given);
    world.judge.note(this.name, call, answer);
    if (!MUTATIONS.has(call.name)) return answer;
    world.effectCount += 1;
    if (killedAt === this.#count * 2 + 1) this.#end();
    if (unanswered > 0 && world.random.chance(unanswered)) {
      const code = call.name.startsWith('etcd.') ? 'ETCD_UNAVAILABLE' : 'AWS_UNAVAILABLE';
      throw new OperationError(code, 'nextLook', `the answer to ${call.name} was lost`);
    }
    return answer;
  }

  #end(): never {
    this.isOver = true;
    throw new Killed('the function ended');
  }
}
