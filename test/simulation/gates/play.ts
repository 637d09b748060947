import { DISTURBANCES, EARLY, EVERYTHING } from '../history/everything.ts';
import { type Cast, drawFate, type Fate, type Wishes } from '../history/fate.ts';
import type { Faults } from '../history/fault.ts';
import { type Outcome, runHistory } from '../history/history.ts';
import { randomFor } from '../history/random.ts';
import { GATE_CHORES } from './chores.ts';
import { GatesWorld } from './gates-world.ts';

/**
 * The first are chores of this world, which has them with more around them. The last counts the calls of one function,
 * and several work here at a time.
 */
const LEFT_OUT = [
  'stackWaitsForSignals',
  'badRelease',
  'memberReboots',
  'rebootLockKept',
  'rebootLockGarbled',
  'rebootingMemberVanishes',
  'memberComesAndGoes',
];
const FAULTS = Object.keys(DISTURBANCES).filter((name) => !LEFT_OUT.includes(name));
const CAST: Cast = { chores: Object.keys(GATE_CHORES), faults: FAULTS, early: EARLY };
const GATES_EVERYTHING: Faults = { ...EVERYTHING, ...GATE_CHORES };

export interface GatesOutcome extends Outcome {
  /** What came up of updates, gates, the policy and reboots. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Several nodes are wanted at a time, and often one of them says nothing just then. */
function moreOf(swarm: readonly string[], seed: number): readonly string[] {
  const random = randomFor(seed, 'more');
  const more = [...random.some(CAST.chores, 1), ...(random.chance(0.5) ? ['voterSilent'] : [])];
  return [...new Set([...swarm, ...more])];
}

/** The history of a seed in the world of gates. */
export async function playGates(
  seed: number,
  wishes: Wishes = {},
  isRecorded = false,
): Promise<GatesOutcome> {
  const drawn = drawFate(seed, CAST, {
    ...wishes,
    only: wishes.only ?? moreOf(drawFate(seed, CAST).swarm, seed),
  });
  const gate = { stableSeconds: randomFor(seed, 'gate').oneOf(0, 10, 10, 20) };
  const fate: Fate = { ...drawn, config: { ...drawn.config, gate } };
  const world = new GatesWorld(fate);
  const outcome = await runHistory(fate, GATES_EVERYTHING, isRecorded, world);
  return { ...outcome, figures: world.figures() };
}

/** A failing history with the fewest faults that could be found. */
export async function shrinkGates(seed: number): Promise<GatesOutcome> {
  let outcome = await playGates(seed, {}, true);
  for (const fault of outcome.fate.swarm) {
    const only = outcome.fate.swarm.filter((name) => name !== fault);
    const next = await playGates(seed, { only }, true);
    if (next.violations.length > 0) outcome = next;
  }
  return outcome;
}

export const isGatesFault = (name: string): boolean => GATES_EVERYTHING[name] !== undefined;
