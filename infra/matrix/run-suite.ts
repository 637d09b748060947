import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../functions/core/json.ts';
import { TEST_ETCD } from '../etcd/chosen.ts';
import { withoutEtcdSettings } from '../etcd/run.ts';
import { ANSWERS_FILE, versionsAnswered, wrongAnswer } from './answers.ts';
import type { Binary } from './binaries.ts';
import { filesOf, type Suite } from './suites.ts';

export interface SuiteResult {
  readonly version: string;
  readonly suite: string;
  readonly passed: number;
  /** Failed tests, files that could not be loaded, and one for every problem. */
  readonly failed: number;
  readonly seconds: number;
  /** Why the run as a whole does not count; `null` where it does. */
  readonly problem: string | null;
  readonly failures: readonly string[];
  readonly log: string;
}

/** How one suite is run; tests replace the command. */
export interface Stage {
  readonly root: string;
  /** Where logs go. */
  readonly logs: string;
  readonly command: readonly [file: string, ...args: string[]];
  /** Told of every process group that starts and ends, so that a signal can end it. */
  readonly running: Set<ChildProcess>;
}

/** Between the request to end and the end by force. */
const GRACE_MS = 8_000;

/** Runs one suite on one etcd. Whatever goes wrong is part of the result. */
export async function runSuite(stage: Stage, { version, dir }: Binary, suite: Suite): Promise<SuiteResult> {
  const folder = join(stage.logs, version);
  const fileOf = (kind: string): string => join(folder, `${suite.name}.${kind}`);
  await mkdir(folder, { recursive: true });
  for (const kind of ['log', 'json', 'answers']) await rm(fileOf(kind), { force: true });
  const startedAtMs = performance.now();
  const env = { [TEST_ETCD]: dir, [ANSWERS_FILE]: fileOf('answers') };
  const ending = await runTests(stage, suite, fileOf, env);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const counts = await countsIn(fileOf('json'));
  const problem =
    ending ??
    wrongAnswer(version, await versionsAnswered(fileOf('answers'))) ??
    (counts === null || counts.passed + counts.failures.length === 0 ? 'it ran no test' : null);
  const { passed = 0, failures = [] } = counts ?? {};
  const failed = failures.length + (problem === null ? 0 : 1);
  return { version, suite: suite.name, passed, failed, seconds, problem, failures, log: fileOf('log') };
}

/** Why the run is no run; `null` when it came to its end, whatever its tests came to. */
async function runTests(
  stage: Stage,
  suite: Suite,
  fileOf: (kind: string) => string,
  env: Readonly<Record<string, string>>,
): Promise<string | null> {
  const files = filesOf(suite, stage.root);
  if (files.length === 0) return 'it has no test file';
  const [command, ...first] = stage.command;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${fileOf('json')}`];
  const args = [...first, 'run', '--project', suite.project, ...reporters, ...files];
  const log = openSync(fileOf('log'), 'a');
  const child = spawn(command, args, {
    cwd: stage.root,
    env: { ...withoutEtcdSettings(process.env), NO_COLOR: '1', ...env },
    stdio: ['ignore', log, log],
    detached: true, // a group of its own, which can be ended as a whole
  });
  closeSync(log);
  stage.running.add(child);
  try {
    return await endOf(child, suite.secondsMax);
  } finally {
    stage.running.delete(child);
  }
}

function endOf(child: ChildProcess, secondsMax: number): Promise<string | null> {
  return new Promise((resolve) => {
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      void endGroup(child);
    }, secondsMax * 1_000);
    const settle = (ending: string | null): void => {
      clearTimeout(limit);
      resolve(isLate ? `it was ended: it took longer than ${secondsMax} s` : ending);
    };
    child.once('error', (error) => settle(`it does not start: ${error.message}`));
    child.once('exit', (code, signal) => {
      // 0: all passed. 1: some failed, or something broke besides the tests: the results tell.
      settle(signal === null && (code === 0 || code === 1) ? null : `it ended with ${signal ?? code}`);
    });
  });
}

/** Ends a suite with everything that it started and left in its process group. */
export async function endGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      process.kill(-pid, name);
    } catch {
      // It has ended already.
    }
  };
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  signal('SIGTERM');
  const patience = setTimeout(() => signal('SIGKILL'), GRACE_MS);
  if (child.exitCode === null && child.signalCode === null) await gone;
  clearTimeout(patience);
  signal('SIGKILL');
}

const RESULTS = z.object({
  numPassedTests: z.number(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

interface Counts {
  readonly passed: number;
  readonly failures: readonly string[];
}

/** `null`: the tests left no result that can be read. A file that could not be loaded is a failure of its own. */
async function countsIn(file: string): Promise<Counts | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const results = RESULTS.safeParse(parseJson(text)).data;
  if (results === undefined) return null;
  const failures = results.testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [`${name} could not be run`];
    return failed.map(({ fullName }) => fullName);
  });
  if (failures.length === 0 && !results.success) failures.push('something broke outside of the tests');
  return { passed: results.numPassedTests, failures };
}
