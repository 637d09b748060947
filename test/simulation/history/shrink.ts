import type { Wishes } from './fate.ts';
import type { Outcome } from './history.ts';
import { play } from './play.ts';

/** A history that fails, with the fewest faults that could be found. */
export interface Shrunk {
  readonly outcome: Outcome;
  readonly only: readonly string[];
}

/** Leaves out one fault after the other, for good where the history still fails without it. */
export async function shrink(seed: number, wishes: Wishes): Promise<Shrunk> {
  let outcome = await play(seed, wishes, true);
  let only = outcome.fate.swarm;
  for (const fault of only) {
    const tried = only.filter((name) => name !== fault);
    const next = await play(seed, { ...wishes, only: tried }, true);
    if (next.violations.length === 0) continue;
    only = tried;
    outcome = next;
  }
  return { outcome, only };
}
