import { type ChildProcess, spawn } from 'node:child_process';
import { OperationError } from '../../core/errors.ts';

/** How a program ended. */
export interface Ended {
  /** `null`: it was ended by a signal. */
  readonly status: number | null;
  /** The end of what it wrote. */
  readonly output: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** It has not ended yet. */
  isUp(): boolean;
  kill(): void;
}

const OUTPUT_CHARS_MAX = 20_000;

/** Starts a program with nothing of our own environment: etcd takes `ETCD_…` variables for its flags. */
export function start(program: string, args: readonly string[], cwd: string): Running {
  const child = spawn(program, args, {
    cwd,
    env: { PATH: '/usr/bin:/bin', HOME: cwd, ETCDCTL_API: '3' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let isUp = true;
  const ended = endOf(child).finally(() => {
    isUp = false;
  });
  // Whoever only starts it may never ask how it ended.
  ended.catch(() => undefined);
  return { ended, isUp: () => isUp, kill: () => void child.kill('SIGKILL') };
}

/**
 * Runs a program to its end.
 *
 * @throws {OperationError} it could not be started, or was ended because it took too long.
 */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  withinMs: number,
): Promise<Ended> {
  const running = start(program, args, cwd);
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      running.kill();
    },
    Math.max(0, withinMs),
  );
  try {
    const ended = await running.ended;
    if (isLate) throw tooLate(program);
    return ended;
  } finally {
    clearTimeout(timer);
  }
}

export const tooLate = (what: string): OperationError =>
  new OperationError('ETCD_UNAVAILABLE', 'nextLook', `${what} took too long, and was ended`);

function endOf(child: ChildProcess): Promise<Ended> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => {
      output = (output + text.toString()).slice(-OUTPUT_CHARS_MAX);
    });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new OperationError('CONFIG_INVALID', 'never', `${child.spawnfile} does not run: ${cause.message}`),
      ),
    );
    child.once('close', (status) => resolve({ status, output }));
  });
}

/** The last line that says something, short enough to be shown. */
export function lastLine({ output }: Ended): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'it said nothing').slice(0, 300);
}
