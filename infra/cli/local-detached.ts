import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRunningRegion } from '../local/environment.ts';
import { Failure } from './failure.ts';
import { shownPath, type UpOptions } from './local-options.ts';
import { namesOf, nextSteps } from './local-up.ts';
import { onSignals } from './signals.ts';
import type { Terminal } from './terminal.ts';

/** A first start downloads MiniStack and etcd, and may even compile the latter. */
const WHOLE_MS_MAX = 900_000;
const SEE_EVERY_MS = 250;

/** Gives the region a process of its own, and returns when its cluster is whole. */
export async function raiseDetached(options: UpOptions, terminal: Terminal): Promise<void> {
  const running = readRunningRegion(options.dir);
  if (running !== null) {
    throw new Failure(
      `a local region is already running (process ${running.pid}, ${running.endpoint}); stop it with: etcd-autopilot local down`,
    );
  }
  mkdirSync(options.dir, { recursive: true });
  // Its presence says that a cluster is whole: one left behind must not say so of this one.
  rmSync(join(options.dir, 'env'), { force: true });
  const logPath = join(options.dir, 'up.log');
  terminal.out(`starting the local region; ${shownPath(logPath)} tells how it goes\n`);
  const child = spawnRegion(options, logPath);
  onSignals(() => stop(child));
  if (!(await becomesWhole(child, join(options.dir, 'env')))) {
    await stop(child);
    throw new Failure(lastLineOf(logPath));
  }
  child.unref();
  terminal.out(nextSteps(namesOf(options.cluster), options, ''));
}

function spawnRegion(options: UpOptions, logPath: string): ChildProcess {
  const { cluster, size, dir, port } = options;
  const output = openSync(logPath, 'w');
  const args = ['local', 'up', '--cluster', cluster, '--size', String(size), '--dir', dir];
  if (port !== undefined) args.push('--port', String(port));
  if (options.tls === true) args.push('--tls');
  if (options.auth === true) args.push('--auth');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  return child;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function becomesWhole(child: ChildProcess, envPath: string): Promise<boolean> {
  const limitMs = performance.now() + WHOLE_MS_MAX;
  while (!hasEnded(child) && performance.now() < limitMs) {
    if (existsSync(envPath)) return true;
    await sleep(SEE_EVERY_MS);
  }
  return false;
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function lastLineOf(logPath: string): string {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n');
  return (
    (lines.at(-1) ?? '').replace(/^etcd-autopilot: /, '') || `the region ended; see ${shownPath(logPath)}`
  );
}
