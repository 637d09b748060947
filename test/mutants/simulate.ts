import { z } from 'zod';
import { parseJson } from '../../functions/core/json.ts';
import { runNode } from './child.ts';
import type { Mutant } from './mutant.ts';
import type { Tree } from './tree.ts';

/** What histories of the simulation made of a mutant. */
export interface Sighting {
  readonly mutant: Mutant;
  /** `caught`: a rule was broken. `missed`: in no history. `unproven`: the simulation itself did not run to its end. */
  readonly kind: 'caught' | 'missed' | 'unproven';
  /** Histories up to the one that noticed, or all of them. */
  readonly count: number;
  /** The first rule that was broken, or what was wrong with the run. */
  readonly words: string;
  readonly seed: number | null;
}

/** Enough for the start of the process not to count, few enough for a mutant that is caught early. */
const BATCH = 40;
/** A history takes some ten milliseconds; a fault may keep passes busy for much longer. */
const SECONDS_MAX = 300;

const RESULT = z.object({
  failures: z.array(z.object({ seed: z.number(), violations: z.array(z.string()) })),
});
type Failure = z.infer<typeof RESULT>['failures'][number];

/** Seeds among the first `histories` that fail without any fault: they tell nothing about a mutant. */
export async function failingSeeds(
  tree: Tree,
  histories: number,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const failures = await play(tree, 1, Math.max(2, histories), SECONDS_MAX * 10, signal);
  if (typeof failures === 'string') throw new Error(`the simulation without any fault: ${failures}`);
  return new Set(failures.map(({ seed }) => seed));
}

/** Plays histories on the faulty tree until one breaks a rule that it keeps without the fault. */
export async function simulateMutant(
  tree: Tree,
  mutant: Mutant,
  histories: number,
  known: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<Sighting> {
  const sighting = await tree.with(mutant, async () => {
    for (let from = 1; from <= histories; from += BATCH) {
      // A single history is told in another form, so there are two at least.
      const count = Math.max(2, Math.min(BATCH, histories + 1 - from));
      const failures = await play(tree, from, count, SECONDS_MAX, signal);
      if (typeof failures === 'string') return unproven(mutant, from, failures);
      const first = failures.filter(({ seed }) => !known.has(seed)).sort((a, b) => a.seed - b.seed)[0];
      if (first !== undefined) return caught(mutant, first);
    }
    return { mutant, kind: 'missed' as const, count: histories, words: 'every rule held', seed: null };
  });
  return sighting ?? unproven(mutant, 0, 'what it replaces is not exactly once in its file');
}

const caught = (mutant: Mutant, { seed, violations }: Failure): Sighting => ({
  mutant,
  kind: 'caught',
  count: seed,
  words: (violations[0] ?? '').split('\n')[0] ?? '',
  seed,
});

const unproven = (mutant: Mutant, count: number, words: string): Sighting => ({
  mutant,
  kind: 'unproven',
  count,
  words,
  seed: null,
});

/** The histories that broke a rule; text: why that is not known. */
async function play(
  tree: Tree,
  from: number,
  count: number,
  secondsMax: number,
  signal: AbortSignal,
): Promise<readonly Failure[] | string> {
  const range = ['--seed', String(from), '--histories', String(count)];
  const args = ['test/simulation/main.ts', ...range, '--jobs', '1', '--no-shrink', '--json'];
  const text = await runNode(tree.root, args, secondsMax, signal);
  if (text === null) return `histories ${from} to ${from + count - 1} took longer than ${secondsMax} s`;
  return RESULT.safeParse(parseJson(text)).data?.failures ?? `histories from ${from} on left no result`;
}
