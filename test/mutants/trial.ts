import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runNode } from './child.ts';
import { type Mutant, type NamedTest, patternOf } from './mutant.ts';
import type { Tree } from './tree.ts';
import { casesOf, readResults, type Verdict, verdictOf } from './verdict.ts';

export interface Trial extends Verdict {
  readonly mutant: Mutant;
  readonly seconds: number;
}

/** A test of the core takes milliseconds, one of the engine seconds at most: more is a loop without end. */
const SECONDS_MAX = 120;

/** Puts the fault in, runs its named test alone, and judges what came of it. */
export async function tryMutant(tree: Tree, mutant: Mutant, signal: AbortSignal): Promise<Trial> {
  const startedAtMs = performance.now();
  const verdict = await tree.with(mutant, async () => {
    const report = await runTests(tree, [mutant.killedBy], SECONDS_MAX, signal);
    return report === null
      ? unproven(`the named test took longer than ${SECONDS_MAX} s`)
      : verdictOf(report, mutant.killedBy);
  });
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return { ...(verdict ?? unproven('what it replaces is not exactly once in its file')), mutant, seconds };
}

const unproven = (words: string): Verdict => ({ kind: 'unproven', words });

/** Named tests that do not pass on the tree as it is, each with the reason: they prove nothing. */
export async function failuresWithoutFault(
  tree: Tree,
  tests: readonly NamedTest[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const report = await runTests(tree, tests, SECONDS_MAX * 5, signal);
  const results = report === null ? 'it took too long' : readResults(report);
  if (typeof results === 'string') return new Map(tests.map(({ test }) => [test, results]));
  return new Map(
    tests.flatMap((named): (readonly [string, string])[] => {
      const cases = casesOf(named, results);
      if (cases.length === 0) return [[named.test, 'there is no such test']];
      return cases.every(({ isPassed }) => isPassed) ? [] : [[named.test, 'it fails without any fault, too']];
    }),
  );
}

/** The report of vitest as JSON text, empty where it left none; `null`: it was ended, for it took too long. */
async function runTests(
  tree: Tree,
  tests: readonly NamedTest[],
  secondsMax: number,
  signal: AbortSignal,
): Promise<string | null> {
  const report = join(tree.root, 'report.json');
  await rm(report, { force: true });
  const pattern = [...new Set(tests.map(patternOf))].join('|');
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config=test/mutants/vitest.config.ts',
    '--reporter=json',
    `--outputFile=${report}`,
    `--testNamePattern=${pattern}`,
    ...new Set(tests.map(({ file }) => file)),
  ];
  const said = await runNode(tree.root, args, secondsMax, signal);
  return said === null ? null : readFile(report, 'utf8').catch(() => '');
}
