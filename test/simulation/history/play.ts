import { CHORES, DISTURBANCES, EARLY, EVERYTHING } from './everything.ts';
import { type Cast, drawFate, type Wishes } from './fate.ts';
import { type Outcome, runHistory } from './history.ts';

const CAST: Cast = { chores: Object.keys(CHORES), faults: Object.keys(DISTURBANCES), early: EARLY };

/** The history of a seed. Recorded, it can be read afterwards; what happens in it is the same. */
export function play(seed: number, wishes: Wishes, isRecorded: boolean): Promise<Outcome> {
  return runHistory(drawFate(seed, CAST, wishes), EVERYTHING, isRecorded);
}
