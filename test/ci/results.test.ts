import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FILES_AGAIN_MAX, filesAgain, type Results, sumUp } from './results.ts';

const ROOT = '/clone';

/** `{ 'test/a': 'pf' }`: a file with one test that passed and one that failed; an empty text could not be loaded. */
function results(files: Readonly<Record<string, string>>): Results {
  const words: Readonly<Record<string, string>> = { p: 'passed', f: 'failed', s: 'skipped' };
  return {
    testResults: Object.entries(files).map(([name, marks]) => ({
      name: `${ROOT}/${name}`,
      status: marks === '' || marks.includes('f') ? 'failed' : 'passed',
      assertionResults: [...marks].map((mark, at) => ({ status: words[mark] ?? '', fullName: `test ${at}` })),
    })),
  };
}

const sum = (first: Readonly<Record<string, string>>, again?: Readonly<Record<string, string>>) =>
  sumUp(results(first), again === undefined ? null : results(again), ROOT);

describe('which files are run once more', () => {
  test('none where all passed, else those that failed or could not be loaded', () => {
    expect(filesAgain(results({ a: 'pp' }), ROOT)).toEqual([]);
    expect(filesAgain(results({ b: 'pf', a: 'pp', c: '' }), ROOT)).toEqual(['b', 'c']);
  });

  test('none where so many failed that something is simply broken', () => {
    const failed = (count: number) =>
      results(Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 'f'])));
    expect(filesAgain(failed(FILES_AGAIN_MAX), ROOT)).toHaveLength(FILES_AGAIN_MAX);
    expect(filesAgain(failed(FILES_AGAIN_MAX + 1), ROOT)).toEqual([]);
  });
});

describe('the counts', () => {
  test('are those of one run where nothing was run again', () => {
    expect(sum({ a: 'pps', b: 'p' })).toEqual({ passed: 3, failed: 0, onlyAgain: [] });
    expect(sum({ a: 'pf', b: '' })).toEqual({ passed: 1, failed: 2, onlyAgain: [] });
  });

  test('take what passes the second time as passed, and name it', () => {
    expect(sum({ a: 'pfp', b: 'p' }, { a: 'ppp' })).toEqual({
      passed: 4,
      failed: 0,
      onlyAgain: ['a > test 1'],
    });
  });

  test('name a file that could be loaded only the second time', () => {
    expect(sum({ a: '' }, { a: 'pp' })).toEqual({ passed: 2, failed: 0, onlyAgain: ['a > the whole file'] });
  });

  test('leave failed what fails twice, beside what passes then', () => {
    expect(sum({ a: 'ffp' }, { a: 'pfp' })).toEqual({ passed: 2, failed: 1, onlyAgain: ['a > test 0'] });
    expect(sum({ a: '' }, { a: '' })).toEqual({ passed: 0, failed: 1, onlyAgain: [] });
  });

  test('count a test as failed that fails only the second time', () => {
    expect(sum({ a: 'fp' }, { a: 'pf' })).toEqual({ passed: 1, failed: 1, onlyAgain: ['a > test 0'] });
  });

  test('count tests as failed that the second run does not tell of', () => {
    expect(sum({ a: 'fpp' }, { a: 'p' })).toMatchObject({ passed: 1, failed: 2 });
    expect(sum({ a: 'fpp' }, { a: '' })).toMatchObject({ passed: 0, failed: 1 });
    expect(sum({ a: 'fp' }, {})).toEqual({ passed: 1, failed: 1, onlyAgain: [] });
  });

  test('never take the second run for a file that had passed', () => {
    expect(sum({ a: 'p', b: 'f' }, { a: 'f', b: 'p' })).toMatchObject({ passed: 2, failed: 0 });
  });
});

describe('as CI calls it', () => {
  test('the last line is the counts, and the exit code says whether all passed', () => {
    const dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-ci-'));
    try {
      const main = join(import.meta.dirname, 'main.ts');
      const first = join(dir, 'first.json');
      const again = join(dir, 'again.json');
      writeFileSync(first, JSON.stringify(results({ a: 'pf' })));
      writeFileSync(again, JSON.stringify(results({ a: 'pp' })));
      const node = (...args: readonly string[]) => spawnSync(process.execPath, [main, ...args], { cwd: dir });
      expect(execFileSync(process.execPath, [main, 'files', first], { encoding: 'utf8' })).toMatch(
        /clone\/a\n$/,
      );
      const once = node('sum', first);
      expect([once.status, once.stdout.toString()]).toEqual([1, '1 passed, 1 failed\n']);
      const twice = node('sum', first, again);
      expect(twice.status).toBe(0);
      expect(twice.stdout.toString()).toMatch(
        /^passed only when run again: .*a > test 1\n2 passed, 0 failed\n$/,
      );
      const nothing = node('sum', join(dir, 'absent.json'));
      expect([nothing.status, nothing.stdout.toString()]).toEqual([1, '0 passed, 0 failed\n']);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
