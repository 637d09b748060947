import { FAULTS } from '../world/faults/table.ts';
import type { Faults } from './fault.ts';
import { RARE_FAULTS } from './rare-faults.ts';

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

export const EVERYTHING: Faults = { ...FAULTS, ...RARE_FAULTS };

/** Those that can only happen while the cluster forms. */
export const EARLY: readonly string[] = ['foundersNeverStart', 'launchedPastItsHook'];

export const CHORES: Faults = chosen((name) => WORK.includes(name));

/** What disturbs it. */
export const DISTURBANCES: Faults = chosen((name) => !WORK.includes(name));

function chosen(isChosen: (name: string) => boolean): Faults {
  return Object.fromEntries(Object.entries(EVERYTHING).filter(([name]) => isChosen(name)));
}
