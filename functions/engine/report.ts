import type { OperationError } from '../core/errors.ts';
import type { Observation } from '../core/observation.ts';
import type { Action, Wait } from '../core/plan/plan.ts';

export interface Step {
  readonly action: Action;
  readonly error: OperationError | null;
}

export type Outcome = 'settled' | 'waiting' | 'outOfTime' | 'stepLimit' | 'failed' | 'dryRun' | 'ignored';

/** What a pass came to. */
export interface PassReport {
  readonly outcome: Outcome;
  readonly steps: readonly Step[];
  readonly waits: readonly Wait[];
  /** Actions that were planned and not applied (dry run, or no time left). */
  readonly pending: readonly Action[];
  /** A change is under way: somebody should look again at once. */
  readonly progressing: boolean;
  readonly world: Observation | null;
  readonly error: OperationError | null;
  readonly lookCount: number;
}

export const refusedWait = (error: OperationError): Wait => ({
  kind: 'refused',
  code: error.code,
  message: error.message,
});
