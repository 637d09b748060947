import { FAULTS } from '../world/faults/table.ts';
import type { Faults } from './fault.ts';
import { awaiting, whileForming } from './moments.ts';
import { RARE_FAULTS } from './rare-faults.ts';
import { RARE_MOMENTS } from './rare-moments.ts';
import { UPDATE_FAULTS } from './update-faults.ts';

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

/** Those whose moment is short: a learner between two calls, a newcomer in its hook, a cluster without a claim. */
const MOMENTARY: readonly string[] = [
  'learnerLags',
  'learnerPromotedByHand',
  'newcomerKilled',
  'foreignCluster',
  'hookTimesOut',
  'hookAnsweredByOthers',
  'refreshCancelled',
  'addressReused',
  'founderLetIn',
  'foundersNeverStart',
  'foundersLinger',
  'launchedPastItsHook',
  'newcomerForcedIntoService',
];

/** What a founding has to get over, and would seldom meet: most faults come when the cluster stands. */
const FOUNDING: readonly string[] = [
  'killedAfterEffects',
  'killedRepeatedly',
  'replyLost',
  'twoAtOnce',
  'staleParameterStore',
  'partialParameterStore',
  'throttledParameterStore',
  'partialAutoScaling',
  'staleEc2',
  'parameterDeleted',
  'recordGarbled',
  'newcomerKilled',
  'instanceVanishes',
  'machineReboots',
  'scaledOut',
  'scaledIn',
];

const NAMED: Faults = { ...FAULTS, ...RARE_FAULTS, ...RARE_MOMENTS, ...UPDATE_FAULTS };
const AT_FOUNDING: Faults = awaiting(whileForming(chosenOf(NAMED, (name) => FOUNDING.includes(name))));

export const EVERYTHING: Faults = {
  ...NAMED,
  ...awaiting(chosenOf(NAMED, (name) => MOMENTARY.includes(name))),
  ...AT_FOUNDING,
};

/** Those that can only happen while the cluster forms. */
export const EARLY: readonly string[] = [
  'foundersNeverStart',
  'foundersLinger',
  'launchedPastItsHook',
  'founderLetIn',
  'leftoversFound',
  ...Object.keys(AT_FOUNDING),
];

export const CHORES: Faults = chosen((name) => WORK.includes(name));

/** What disturbs it. */
export const DISTURBANCES: Faults = chosen((name) => !WORK.includes(name));

function chosen(isChosen: (name: string) => boolean): Faults {
  return chosenOf(EVERYTHING, isChosen);
}

function chosenOf(faults: Faults, isChosen: (name: string) => boolean): Faults {
  return Object.fromEntries(Object.entries(faults).filter(([name]) => isChosen(name)));
}
