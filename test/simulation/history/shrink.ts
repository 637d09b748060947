import type { Wishes } from './fate.ts';
import type { Outcome } from './history.ts';
import { play } from './play.ts';

/** A history that fails with as few faults as could be found. */
export interface Shrunk {
  readonly outcome: Outcome;
  /** Faults that it fails without. */
  readonly without: readonly string[];
}

/** Leaves out one fault after the other, for good where the history still fails without it. */
export async function shrink(seed: number, wishes: Wishes): Promise<Shrunk> {
  let without = wishes.without ?? [];
  let outcome = await play(seed, wishes, true);
  for (const fault of outcome.fate.swarm) {
    const tried = [...without, fault];
    const next = await play(seed, { ...wishes, without: tried }, true);
    if (next.violations.length === 0) continue;
    without = tried;
    outcome = next;
  }
  return { outcome, without };
}
