/**
 * `node test/ci/main.ts files <results>`: the files that failed and are to be run once more, one a line.
 * `node test/ci/main.ts sum <results> [<results of the second run>]`: the counts of both, the last line of CI. Exit
 * code 0: everything passed, at the latest when run again. 1: something failed, or nothing was run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { filesAgain, type Results, sumUp } from './results.ts';

const [what = '', firstPath = '', againPath = ''] = process.argv.slice(2);
const first = read(firstPath);
const root = process.cwd();

if (what === 'files') {
  for (const file of filesAgain(first ?? { testResults: [] }, root)) process.stdout.write(`${file}\n`);
} else {
  const { passed, failed, onlyAgain } = sumUp(first ?? { testResults: [] }, read(againPath), root);
  for (const name of onlyAgain) process.stdout.write(`passed only when run again: ${name}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
}

/** Null where a run wrote none. */
function read(path: string): Results | null {
  if (path === '' || !existsSync(path)) return null;
  const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return isResults(found) ? found : null;
}

function isResults(value: unknown): value is Results {
  return (
    typeof value === 'object' && value !== null && 'testResults' in value && Array.isArray(value.testResults)
  );
}
