import type { ErrorCode } from '../../../functions/core/errors.ts';
import type { PassReport } from '../../../functions/engine/report.ts';
import { Counts } from './counts.ts';

/** Effects that change who is a member. */
const CHANGES: readonly string[] = ['etcd.addLearner', 'etcd.promote', 'etcd.remove'];

/** What came up in one history. */
export class Tally {
  readonly faults = new Counts();
  readonly actions = new Counts();
  readonly waits = new Counts();
  readonly errors = new Counts();
  effectCount = 0;
  changeCount = 0;
  passCount = 0;
  lookCount = 0;

  noteEffect(name: string): void {
    this.effectCount += 1;
    if (CHANGES.includes(name)) this.changeCount += 1;
  }

  noteError(code: ErrorCode): void {
    this.errors.add(code);
  }

  notePass(report: PassReport): void {
    this.lookCount += report.lookCount;
    for (const { kind } of report.waits) this.waits.add(kind);
    for (const { action, error } of report.steps) {
      if (error === null) this.actions.add(action.kind);
      else this.errors.add(error.code);
    }
    if (report.error !== null) this.errors.add(report.error.code);
  }
}

/** As it travels between threads. */
export interface Sums {
  readonly faults: Readonly<Record<string, number>>;
  readonly actions: Readonly<Record<string, number>>;
  readonly waits: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

export const sumsOf = ({ faults, actions, waits, errors }: Tally): Sums => ({
  faults: faults.toRecord(),
  actions: actions.toRecord(),
  waits: waits.toRecord(),
  errors: errors.toRecord(),
});
