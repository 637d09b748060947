import { execFile } from 'node:child_process';

interface RunOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The environment without variables that etcd reads as its flags: `ETCD_VERSION=1`
 * alone makes an etcd 3.4 print its version and end.
 */
export const withoutEtcdSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ETCD_')));

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws {Error} it is missing, failed or took too long; the message ends with the last line it wrote.
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { timeoutMs, cwd, env } = options;
  const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 } as const;
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd, env: { ...withoutEtcdSettings(process.env), ...env }, ...limits },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        if (error.code === 'ENOENT')
          return reject(new Error(`there is no ${command} here`, { cause: error }));
        const why = error.killed === true ? `no end within ${timeoutMs / 1_000} s` : lastLine(stderr);
        reject(new Error(`${command}: ${why || error.message}`, { cause: error }));
      },
    );
  });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
