import { FAULTS } from '../world/faults/table.ts';
import type { Faults } from './fault.ts';

/** What makes a cluster work, whatever else happens: each history has some of these. */
const WORK: readonly string[] = [
  'instanceTerminated',
  'scaledOut',
  'scaledIn',
  'instanceVanishes',
  'refreshLaunchesFirst',
  'refreshTerminatesFirst',
  'rootReplaced',
];

export const EVERYTHING: Faults = FAULTS;

export const CHORES: Faults = chosen((name) => WORK.includes(name));

/** What disturbs it. */
export const DISTURBANCES: Faults = chosen((name) => !WORK.includes(name));

function chosen(isChosen: (name: string) => boolean): Faults {
  return Object.fromEntries(Object.entries(EVERYTHING).filter(([name]) => isChosen(name)));
}
