import { relative } from 'node:path';

/** More than these are no accident: nothing is run again then. */
export const FILES_AGAIN_MAX = 5;

/** What vitest's JSON reporter writes, as far as it is read here. */
export interface Results {
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  /** Its absolute path. */
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly TestResult[];
}

interface TestResult {
  readonly status: string;
  readonly fullName: string;
}

export interface Sum {
  readonly passed: number;
  readonly failed: number;
  /** `<file> > <test>` of what failed at first and passed when its file was run once more, alone. */
  readonly onlyAgain: readonly string[];
}

const isFailed = ({ status }: { readonly status: string }): boolean => status === 'failed';

/** Files to run once more, alone; none where so many failed that something is simply broken. */
export function filesAgain(first: Results, root: string): readonly string[] {
  const failed = first.testResults.filter(isFailed).map(({ name }) => relative(root, name));
  return failed.length > FILES_AGAIN_MAX ? [] : [...new Set(failed)].sort();
}

/**
 * Counts tests. For a file that failed and was run again the second run counts, and nothing else: a test that fails
 * then is failed, whatever it did before, and so is one that is not even reported any more.
 */
export function sumUp(first: Results, again: Results | null, root: string): Sum {
  const second = new Map((again?.testResults ?? []).map((file) => [file.name, file]));
  const counts = { passed: 0, failed: 0 };
  const onlyAgain: string[] = [];
  for (const file of first.testResults) {
    const last = (isFailed(file) ? second.get(file.name) : undefined) ?? file;
    const { passed, failed } = countOf(last);
    counts.passed += passed;
    counts.failed += failed + (last === file ? 0 : missingIn(last, file));
    if (last !== file)
      onlyAgain.push(...mended(file, last).map((name) => `${relative(root, file.name)} > ${name}`));
  }
  return { ...counts, onlyAgain };
}

/** A file that could not even be loaded has no failed test: it counts as one. */
function countOf(file: FileResult): { readonly passed: number; readonly failed: number } {
  const failed = file.assertionResults.filter(isFailed).length;
  const passed = file.assertionResults.filter(({ status }) => status === 'passed').length;
  return { passed, failed: failed === 0 && isFailed(file) ? 1 : failed };
}

/** Tests of the first run that the second, which loaded the file, does not tell of. */
function missingIn(last: FileResult, file: FileResult): number {
  if (last.assertionResults.length === 0) return 0; // counted as one that could not be loaded
  return Math.max(0, file.assertionResults.length - last.assertionResults.length);
}

function mended(file: FileResult, last: FileResult): readonly string[] {
  const failed = file.assertionResults.filter(isFailed).map(({ fullName }) => fullName);
  if (failed.length === 0) return isFailed(last) ? [] : ['the whole file'];
  const passes = last.assertionResults.filter(({ status }) => status === 'passed');
  const names = new Set(passes.map(({ fullName }) => fullName));
  return failed.filter((name) => names.has(name));
}
