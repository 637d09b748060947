import { tableText } from '../cli/table.ts';
import type { SuiteResult } from './run-suite.ts';

const FAILURES_SHOWN_MAX = 10;

/** One cell: what a suite came to, and how long it took. */
const cellOf = ({ passed, failed, problem, seconds }: SuiteResult): string => {
  const counts = failed === 0 ? `${passed} passed` : `${failed} FAILED, ${passed} passed`;
  return `${problem === null ? counts : 'FAILED'} ${Math.round(seconds)} s`;
};

/** Version by suite, and the wall time of each version. */
export function resultTable(results: readonly SuiteResult[]): string {
  const suites = [...new Set(results.map(({ suite }) => suite))];
  const versions = [...new Set(results.map(({ version }) => version))];
  const rows = versions.map((version) => {
    const own = results.filter((result) => result.version === version);
    const cells = suites.map((suite) => {
      const result = own.find((one) => one.suite === suite);
      return result === undefined ? '-' : cellOf(result);
    });
    const seconds = own.reduce((sum, result) => sum + result.seconds, 0);
    return [version, ...cells, `${Math.round(seconds)} s`];
  });
  return tableText([['etcd', ...suites, 'together'], ...rows]);
}

/** The line for a suite that has just ended, and what to look at where it failed. */
export function resultLines(result: SuiteResult): readonly string[] {
  const head = `etcd ${result.version}  ${result.suite}: ${cellOf(result)}`;
  const shown = result.failures.slice(0, FAILURES_SHOWN_MAX).map((name) => `    failed: ${name}`);
  const more = result.failures.length - shown.length;
  return [
    head,
    ...(result.problem === null ? [] : [`    ${result.problem}`]),
    ...shown,
    ...(more > 0 ? [`    and ${more} more`] : []),
    ...(result.failed === 0 ? [] : [`    log: ${result.log}`]),
  ];
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

export const totalsOf = (results: readonly SuiteResult[]): Totals => ({
  passed: results.reduce((sum, { passed }) => sum + passed, 0),
  failed: results.reduce((sum, { failed }) => sum + failed, 0),
});
