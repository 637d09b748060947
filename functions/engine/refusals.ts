import type { OperationError } from '../core/errors.ts';
import type { Action } from '../core/plan/plan.ts';

/** etcd refuses an add as "unhealthy cluster" until its members were connected for five seconds: longer than that. */
const TRIES_MAX = 14;
/** A refused action rests, so that others get their turn: shortly, for etcd takes it as soon as it may. */
const FIRST_REST_MS = 250;
const REST_MS_MAX = 500;
const restMs = (count: number): number => Math.min(REST_MS_MAX, FIRST_REST_MS * 2 ** (count - 1));

interface Refusal {
  readonly count: number;
  readonly atMs: number;
  readonly error: OperationError;
}

/**
 * What the world refused in this pass. A refused action is tried again after a rest,
 * a few times; the rest of the plan must not wait for it: an add that etcd will not
 * take keeps nobody from publishing what is true.
 */
export class Refusals {
  readonly #known = new Map<string, Refusal>();

  note(action: Action, error: OperationError, nowMs: number): void {
    const count = (this.#known.get(keyOf(action))?.count ?? 0) + 1;
    this.#known.set(keyOf(action), { count, atMs: nowMs, error });
  }

  mayTry(action: Action, nowMs: number): boolean {
    const refusal = this.#of(action);
    return refusal === undefined || (!isFinal(refusal) && nowMs - refusal.atMs >= restMs(refusal.count));
  }

  /** Whether any of these only rests. */
  mayTryLater(actions: readonly Action[]): boolean {
    return actions.some((action) => {
      const refusal = this.#of(action);
      return refusal !== undefined && !isFinal(refusal);
    });
  }

  /** Why what is left was given up; `null`: nothing was. */
  lastOf(actions: readonly Action[]): OperationError | null {
    return actions.map((action) => this.#of(action)?.error ?? null).find((error) => error !== null) ?? null;
  }

  /** Most passes are refused nothing, and need no text of what they do. */
  #of(action: Action): Refusal | undefined {
    return this.#known.size === 0 ? undefined : this.#known.get(keyOf(action));
  }
}

const isFinal = (refusal: Refusal): boolean => refusal.count >= TRIES_MAX || refusal.error.retry === 'never';

/** Their texts change from look to look, with the time in them; there is one of each. */
const TIMED: readonly Action['kind'][] = ['publishStatus', 'remember', 'writeClaim'];

const keyOf = (action: Action): string =>
  TIMED.includes(action.kind) ? action.kind : JSON.stringify(action);
