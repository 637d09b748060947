import { join } from 'node:path';
import { run } from './run.ts';

/** What Debian 12 ships: the oldest etcd with the learner semantics this project counts on. */
export const OLDEST_VERSION = '3.4.23';

/** Every tool that must be there; others (`etcdutl`) may be. */
export const TOOLS = ['etcd', 'etcdctl'] as const;

const VERSION = /^\d+\.\d+\.\d+$/;

export const isVersion = (text: string): boolean => VERSION.test(text);

export function isAtLeast(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
}

/** The version that both tools in `dir` report; `null` where one is missing, does not run, or differs. */
export async function versionIn(dir: string): Promise<string | null> {
  const server = await reported(join(dir, 'etcd'), ['--version'], /^etcd Version: (\d+\.\d+\.\d+)$/m);
  const client = await reported(join(dir, 'etcdctl'), ['version'], /^etcdctl version: (\d+\.\d+\.\d+)$/m);
  return server === client ? server : null;
}

async function reported(path: string, args: readonly string[], pattern: RegExp): Promise<string | null> {
  try {
    const text = await run(path, args, { timeoutMs: 10_000, env: { ETCDCTL_API: '3' } });
    return pattern.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}
