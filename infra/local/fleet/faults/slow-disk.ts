import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { invalid } from './kinds.ts';

/** What each write to disk takes longer: well above what etcd can live with, and below its election timeout. */
export const SLOW_MS = 300;
const ATTACH_MS_MAX = 5_000;

export interface SlowDisk {
  readonly isOver: () => boolean;
  readonly end: () => void;
}

/**
 * Makes every flush of a process to its disk take longer, by strace. Resolves when that holds; it ends with the
 * process, too.
 *
 * @throws {FleetError} `InvalidFault`: strace is not there, or may not attach
 */
export async function slowDown(pid: number): Promise<SlowDisk> {
  const inject = `inject=fsync,fdatasync:delay_exit=${SLOW_MS * 1_000}`;
  const args = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=fsync,fdatasync',
    '-e',
    inject,
    '-p',
    String(pid),
  ];
  const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const failed = once(child, 'error').then(([error]) => `strace cannot be run: ${String(error)}`);
  const problem = await Promise.race([failed, untilAttached(child, pid, () => said)]);
  if (problem !== null) {
    child.kill('SIGTERM');
    throw invalid(`no disk can be slowed down here: ${problem}`);
  }
  return { isOver: () => hasEnded(child), end: () => void child.kill('SIGTERM') };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** Why it did not come to that; null when the process is traced. */
async function untilAttached(child: ChildProcess, pid: number, said: () => string): Promise<string | null> {
  const endMs = Date.now() + ATTACH_MS_MAX;
  while (Date.now() < endMs) {
    if (isTraced(pid)) return null;
    if (hasEnded(child)) break;
    await sleep(20);
  }
  return said().trim() || 'strace did not attach';
}

function isTraced(pid: number): boolean {
  try {
    const [, tracer = '0'] = /^TracerPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return tracer !== '0';
  } catch {
    return false; // it ended meanwhile
  }
}
