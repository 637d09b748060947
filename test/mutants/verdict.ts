import { z } from 'zod';
import { parseJson } from '../../functions/core/json.ts';
import { type NamedTest, patternOf, WITHIN } from './mutant.ts';

/**
 * `killed`: the named test failed, by assertions only. `survived`: it passed.
 * `unproven`: nothing follows from the run; the words say why.
 */
export interface Verdict {
  readonly kind: 'killed' | 'survived' | 'unproven';
  /** The assertion that failed, or what was wrong with the run. */
  readonly words: string;
}

const RESULTS = z.object({
  testResults: z.array(
    z.object({
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()),
        }),
      ),
    }),
  ),
});

export interface TestResult {
  readonly name: string;
  readonly isPassed: boolean;
  readonly failures: readonly string[];
}

/** What a report of vitest, as JSON, says of the tests that ran; text: why nothing can be read from it. */
export function readResults(report: string): readonly TestResult[] | string {
  const results = RESULTS.safeParse(parseJson(report)).data;
  if (results === undefined) return 'the tests left no report';
  const unloaded = results.testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  if (unloaded !== undefined) return `its file could not be loaded: ${firstLine(unloaded.message)}`;
  return results.testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ ancestorTitles, title, status, failureMessages }) => ({
        name: [...ancestorTitles, title].join(WITHIN),
        isPassed: status === 'passed',
        failures: failureMessages,
      })),
  );
}

/** Judges the run of one named test on a faulty tree. */
export function verdictOf(report: string, named: NamedTest): Verdict {
  const results = readResults(report);
  if (typeof results === 'string') return { kind: 'unproven', words: results };
  const cases = casesOf(named, results);
  if (cases.length === 0) return { kind: 'unproven', words: 'the named test did not run' };
  const failures = cases.flatMap((result) => result.failures);
  const other = failures.find((failure) => !failure.startsWith(ASSERTION));
  if (other !== undefined) return { kind: 'unproven', words: `not by an assertion: ${firstLine(other)}` };
  const [failure] = failures;
  if (failure === undefined) return { kind: 'survived', words: 'the named test passed' };
  return { kind: 'killed', words: firstLine(failure.slice(ASSERTION.length)) };
}

const ASSERTION = 'AssertionError: ';

/** The runs of a named test: one, or one for each of its cases. */
export function casesOf(named: NamedTest, results: readonly TestResult[]): readonly TestResult[] {
  const pattern = new RegExp(patternOf(named));
  return results.filter(({ name }) => pattern.test(name));
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 200);
