import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Binary, findBinaries } from './binaries.ts';
import { HELP, type MatrixOptions, Mistake, readOptions } from './options.ts';
import { endGroup, runSuite, type SuiteResult } from './run-suite.ts';
import { resultLines, resultTable, totalsOf } from './told.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXIT = { fine: 0, failed: 1, mistake: 2, interrupted: 130 } as const;

/** Where the command says what it says. */
export interface Voice {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Runs the whole command and resolves with its exit code; never throws for a mistake of the input. */
export async function runMatrix(args: readonly string[], voice: Voice): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === 'help') {
      voice.out(HELP);
      return EXIT.fine;
    }
    const say = (line: string): void => (options.json ? voice.err : voice.out)(`${line}\n`);
    return await runAll(options, await findBinaries(options, say), say, voice);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    for (const line of error.message.split('\n')) voice.err(`test:matrix: ${line}\n`);
    return EXIT.mistake;
  }
}

async function runAll(
  { suites, json }: MatrixOptions,
  binaries: readonly Binary[],
  say: (line: string) => void,
  voice: Voice,
): Promise<number> {
  const running = new Set<ChildProcess>();
  const stage = { root: ROOT, logs: join(ROOT, '.local', 'matrix'), command: vitest(), running };
  const signals = endOnSignals(running);
  const results: SuiteResult[] = [];
  for (const binary of binaries) {
    for (const suite of suites) {
      if (signals.isInterrupted()) return EXIT.interrupted;
      say(`etcd ${binary.version}  ${suite.name}: running`);
      const result = await runSuite(stage, binary, suite);
      if (signals.isInterrupted()) return EXIT.interrupted;
      results.push(result);
      for (const line of resultLines(result)) say(line);
    }
  }
  const totals = totalsOf(results);
  if (json) voice.out(`${JSON.stringify({ ...totals, results }, null, 2)}\n`);
  else voice.out(`\n${resultTable(results)}\n${totals.passed} passed, ${totals.failed} failed\n`);
  return totals.failed === 0 ? EXIT.fine : EXIT.failed;
}

/** On the Node that runs this, whatever the PATH has. */
function vitest(): readonly [string, ...string[]] {
  const packageJson = createRequire(import.meta.url).resolve('vitest/package.json');
  return [process.execPath, join(dirname(packageJson), 'vitest.mjs')];
}

function endOnSignals(running: ReadonlySet<ChildProcess>): { readonly isInterrupted: () => boolean } {
  let isInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      isInterrupted = true;
      for (const child of running) void endGroup(child);
    });
  }
  return { isInterrupted: () => isInterrupted };
}
