import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runSuite, type Stage } from '../../../infra/matrix/run-suite.ts';
import type { Suite } from '../../../infra/matrix/suites.ts';
import { resultLines, resultTable, totalsOf } from '../../../infra/matrix/told.ts';

const SUITE: Suite = {
  name: 'some',
  about: '',
  project: 'code',
  files: ['tests/*.test.ts'],
  secondsMax: 20,
};
const ETCD = { version: '3.6.14', dir: '/etcd/3.6.14', how: '' };

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'etcd-matrix-'));
  await mkdir(join(root, 'tests'));
  await writeFile(join(root, 'tests', 'a.test.ts'), '');
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A test runner in whose place `body` runs: it can say who answered, and what came of the tests. */
async function stageFor(body: string): Promise<Stage> {
  const file = join(root, 'runner.cjs');
  const helpers = `
    const { appendFileSync, writeFileSync } = require('node:fs');
    const answer = (version) => appendFileSync(process.env.ETCD_AUTOPILOT_TEST_ANSWERS, version + '\\n');
    const results = (passed, failed) => writeFileSync(
      process.argv.find((text) => text.startsWith('--outputFile.json=')).split('=')[1],
      JSON.stringify({ numPassedTests: passed, success: failed.length === 0, testResults: [{
        name: 'a.test.ts', status: failed.length === 0 ? 'passed' : 'failed',
        assertionResults: failed.map((fullName) => ({ fullName, status: 'failed' })) }] }));`;
  await writeFile(file, `${helpers}\n${body}`);
  return { root, logs: join(root, 'logs'), command: [process.execPath, file], running: new Set() };
}

const outcomeOf = async (body: string, suite = SUITE) => runSuite(await stageFor(body), ETCD, suite);

test('a suite passes when its tests passed on the etcd that it was given', async () => {
  const body = `
    if (process.env.ETCD_AUTOPILOT_TEST_ETCD !== '/etcd/3.6.14') process.exit(7);
    if (process.env.ETCD_NAME !== undefined) process.exit(8);
    console.log(process.argv.slice(2, 5).join(' '), process.argv.at(-1));
    answer('3.6.14'); results(5, []);`;
  process.env['ETCD_NAME'] = 'of the shell';
  const result = await outcomeOf(body).finally(() => delete process.env['ETCD_NAME']);
  expect(result).toMatchObject({ version: '3.6.14', suite: 'some', passed: 5, failed: 0, problem: null });
  expect(readFileSync(result.log, 'utf8')).toBe('run --project code tests/a.test.ts\n');
});

test.each([
  ['another etcd answered', "answer('3.4.23')", 'etcd 3.4.23 answered, not only 3.6.14'],
  [
    'another etcd answered as well',
    "answer('3.6.14'); answer('3.7.1')",
    'etcd 3.7.1 answered, not only 3.6.14',
  ],
  ['no etcd answered', '', 'no etcd told its version, so nobody knows whether 3.6.14 was tested'],
])('a suite whose tests all passed has failed when %s', async (_, body, problem) => {
  expect(await outcomeOf(`${body}; results(5, []);`)).toMatchObject({ passed: 5, failed: 1, problem });
});

test('failed tests are counted and named', async () => {
  const result = await outcomeOf("answer('3.6.14'); results(3, ['it joins', 'it leaves']); process.exit(1);");
  expect(result).toMatchObject({ passed: 3, failed: 2, problem: null });
  expect(resultLines(result)).toEqual([
    expect.stringMatching(/^etcd 3\.6\.14 {2}some: 2 FAILED, 3 passed \d+ s$/),
    '    failed: it joins',
    '    failed: it leaves',
    `    log: ${result.log}`,
  ]);
});

test('what broke outside of the tests is a failure', async () => {
  const nothing = "answer('3.6.14');";
  expect(await outcomeOf(`${nothing} process.exit(3)`)).toMatchObject({
    failed: 1,
    problem: 'it ended with 3',
  });
  expect(await outcomeOf(nothing)).toMatchObject({ failed: 1, problem: 'it ran no test' });
  expect(await outcomeOf(`${nothing} results(0, [])`)).toMatchObject({
    failed: 1,
    problem: 'it ran no test',
  });
  const noFiles = { ...SUITE, files: ['nowhere/*.test.ts'] };
  expect(await outcomeOf(`${nothing} results(5, [])`, noFiles)).toMatchObject({
    failed: 1,
    problem: 'it has no test file',
  });
  const none: Stage = { ...(await stageFor('')), command: [join(root, 'no-runner')] };
  expect(await runSuite(none, ETCD, SUITE)).toMatchObject({
    failed: 1,
    problem: expect.stringContaining('it does not start: '),
  });
});

test('a suite that takes too long is ended with all that it started, and has failed', async () => {
  const child = join(root, 'child');
  const body = `
    const { spawn } = require('node:child_process');
    const child = spawn('sleep', ['60']);
    writeFileSync('${child}', String(child.pid));
    answer('3.6.14'); results(5, []); setInterval(() => undefined, 1_000);`;
  const result = await outcomeOf(body, { ...SUITE, secondsMax: 1.5 });
  expect(result).toMatchObject({ failed: 1, problem: 'it was ended: it took longer than 1.5 s' });
  // It was sent its signal, and ends as soon as the machine lets it.
  const isGone = () => expect(existsSync(`/proc/${readFileSync(child, 'utf8')}/cwd`)).toBe(false);
  await vi.waitFor(isGone, { timeout: 15_000, interval: 20 });
});

test('what an earlier run left is not taken for this one', async () => {
  await outcomeOf("answer('3.6.14'); results(5, []);");
  expect(await outcomeOf('')).toMatchObject({ passed: 0, failed: 1 });
});

test('the table has a row for each version and a column for each suite', () => {
  const result = { failures: [], log: '', problem: null, failed: 0, passed: 4, seconds: 2.4 };
  const results = [
    { ...result, version: '3.4.23', suite: 'contract' },
    { ...result, version: '3.4.23', suite: 'boot-script', failed: 2 },
    { ...result, version: '3.6.14', suite: 'contract', failed: 1, problem: 'it ran no test' },
  ];
  expect(resultTable(results).split('\n')).toEqual([
    'etcd    contract      boot-script             together',
    '3.4.23  4 passed 2 s  2 FAILED, 4 passed 2 s  5 s',
    '3.6.14  FAILED 2 s    -                       2 s',
    '',
  ]);
  expect(totalsOf(results)).toEqual({ passed: 12, failed: 3 });
});
