import { CHORES, DISTURBANCES, EVERYTHING } from './everything.ts';
import { drawFate, type Wishes } from './fate.ts';
import { type Outcome, runHistory } from './history.ts';

/** The history of a seed. Recorded, it can be read afterwards; what happens in it is the same. */
export function play(seed: number, wishes: Wishes, isRecorded: boolean): Promise<Outcome> {
  const fate = drawFate(seed, Object.keys(CHORES), Object.keys(DISTURBANCES), wishes);
  return runHistory(fate, EVERYTHING, isRecorded);
}
