import { spawn } from 'node:child_process';

/**
 * Runs Node in a tree, bounded in time. How it ended is told by what it wrote.
 *
 * @returns its standard output; `null`: it was ended, for it took too long.
 */
export function runNode(
  cwd: string,
  args: readonly string[],
  secondsMax: number,
  signal: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.timeout(secondsMax * 1_000);
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
      signal: AbortSignal.any([signal, limit]),
      killSignal: 'SIGKILL',
    });
    const said: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => void said.push(part));
    child.once('error', (error) => {
      if (limit.aborted) resolve(null);
      else reject(error);
    });
    child.once('close', () => resolve(limit.aborted ? null : Buffer.concat(said).toString()));
  });
}
