import { OperationError } from '../core/errors.ts';
import { type Action, type ActionKind, needsPermit, type Plan } from '../core/plan/plan.ts';
import { firstRow } from '../core/plan/row.ts';
import { apply } from './apply.ts';
import { DEFRAGMENT_TTL_SECONDS, PERMIT_TTL_SECONDS, Permit } from './permit.ts';
import { Refusals } from './refusals.ts';
import type { Step } from './report.ts';
import type { Site } from './site.ts';

/** A look and a step at their worst: five AWS calls, one silent round of probes, one change. */
export const STEP_BUDGET_MS = 12_000;
/** A defragmentation takes its time: it is not begun where hardly any is left. */
const DEFRAGMENT_BUDGET_MS = 25_000;

/** What must be left of a pass for the first step of this plan. */
export const stepBudgetMs = ({ actions }: Plan): number =>
  actions[0]?.kind === 'defragment' ? DEFRAGMENT_BUDGET_MS : STEP_BUDGET_MS;

/** The same step again rests this long: its effect is not visible yet. */
const REPEAT_AFTER_MS = 1_000;

/**
 * What was seen longer ago is looked at again: a function that stood still for as long as a permit lives
 * may have been overtaken by another one, also in what is done without the permit.
 */
const SIGHT_MAX_MS = PERMIT_TTL_SECONDS * 1_000;

/** The steps of one pass: which action may be tried now, under the permit where it needs it. */
export class Steps {
  readonly taken: Step[] = [];
  readonly #site: Site;
  readonly #permit: Permit;
  readonly #refusals = new Refusals();
  readonly #isLate: (aheadMs: number) => boolean;
  readonly #onStep: (step: Step) => void;
  #isPermitHeld = false;
  /** When the look began that the plan was made from. */
  #seenAtMs = 0;
  /** What was done on the last look that led to something. What was refused rests in its own time. */
  #lastRow: Action[] = [];

  constructor(owner: string, site: Site, isLate: (aheadMs: number) => boolean, onStep: (step: Step) => void) {
    this.#site = site;
    this.#isLate = isLate;
    this.#permit = new Permit(() => site.etcd, owner);
    this.#onStep = onStep;
  }

  /** Somebody else holds the permit, and something waited for it in the last look. */
  get isPermitHeld(): boolean {
    return this.#isPermitHeld;
  }

  get hasEffect(): boolean {
    // What is only remembered or asked for moves nothing: a backup that does not come must not keep us busy for days.
    return this.taken.some(({ action, error }) => error === null && !MOTIONLESS.includes(action.kind));
  }

  /** Why something that is planned was given up; `null`: nothing was. */
  refusalOf(plan: Plan): OperationError | null {
    return this.#refusals.lastOf(plan.actions);
  }

  /** Whether something that is planned only rests, or waits for the permit. */
  mayTryLater(plan: Plan): boolean {
    return this.#isPermitHeld || this.#refusals.mayTryLater(plan.actions);
  }

  /** Makes the first action true that may be tried now, and its row. False: none may, so nothing was done. */
  async takeFirst(plan: Plan, seenAtMs: number): Promise<boolean> {
    this.#isPermitHeld = false;
    this.#seenAtMs = seenAtMs;
    for (const [index, action] of plan.actions.entries()) {
      if (!this.#refusals.mayTry(action, this.#nowMs())) continue;
      const permit = await this.#permitFor(action);
      if (permit === 'taken') return true; // what was seen before the permit does not count
      if (permit === 'fresh') {
        await this.#takeRow(firstRow(plan.actions.slice(index)));
        return true;
      }
      if (permit === 'held') this.#isPermitHeld = true; // its holder is done soon, or dead within the lease
    }
    return false;
  }

  /** Gives the permit back. */
  end(): Promise<void> {
    return this.#permit.release(this.#site.witness);
  }

  /** `refused`: etcd did not take the permit's own call; that rests like any refusal, and holds up nobody else. */
  async #permitFor(action: Action): Promise<'fresh' | 'taken' | 'held' | 'refused'> {
    const { witness } = this.#site;
    if (!needsPermit(action) || witness === null) return 'fresh';
    try {
      return await this.#permit.ensure(witness, action.kind, this.#nowMs(), ttlSecondsOf(action));
    } catch (error) {
      this.#noteRefusal(action, error);
      return 'refused';
    }
  }

  /** Until one is refused: what was planned after it may need it. Or until what is left of the pass is too short for another. */
  async #takeRow(row: readonly Action[]): Promise<void> {
    const before = this.#lastRow;
    this.#lastRow = [];
    for (const [index, action] of row.entries()) {
      if (index > 0 && this.#isLate(STEP_BUDGET_MS)) return;
      if (!this.#refusals.mayTry(action, this.#nowMs()) || !(await this.#take(action, before))) return;
    }
  }

  /** Applies one action. What the world refuses rests for a while; the other actions go on meanwhile. */
  async #take(action: Action, before: readonly Action[]): Promise<boolean> {
    if (isAmong(action, before)) await this.#site.ports.clock.sleep(REPEAT_AFTER_MS);
    if (this.#isLate(0)) return false; // thawed after its time: another pass may be at work
    if (this.#nowMs() - this.#seenAtMs >= SIGHT_MAX_MS) return false;
    try {
      await apply(this.#site, action);
      this.#lastRow.push(action);
      this.#note({ action, error: null });
      return true;
    } catch (error) {
      this.#noteRefusal(action, error);
      return false;
    }
  }

  #noteRefusal(action: Action, error: unknown): void {
    if (!(error instanceof OperationError)) throw error;
    this.#refusals.note(action, error, this.#nowMs());
    this.#note({ action, error });
  }

  #note(step: Step): void {
    this.taken.push(step);
    this.#onStep(step);
  }

  #nowMs(): number {
    return this.#site.ports.clock.nowMs();
  }
}

/** By their texts, which most often need not be made: another kind of action is another one. */
function isAmong(action: Action, row: readonly Action[]): boolean {
  const alike = row.filter(({ kind }) => kind === action.kind);
  return alike.length > 0 && alike.some((one) => JSON.stringify(one) === JSON.stringify(action));
}

const MOTIONLESS: readonly ActionKind[] = ['remember', 'askCapture'];

/** Nobody renews it while a member is being defragmented. */
const ttlSecondsOf = ({ kind }: Action): number =>
  kind === 'defragment' ? DEFRAGMENT_TTL_SECONDS : PERMIT_TTL_SECONDS;
