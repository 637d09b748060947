import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

/** What Debian 12 ships: the oldest etcd with the learner semantics this project counts on. */
export const OLDEST_VERSION = '3.4.23';

/** Every tool that must be there; others (`etcdutl`) may be. */
export const TOOLS = ['etcd', 'etcdctl'] as const;

/** On a machine that is busy with much else: who is called broken because of that is obtained anew. */
const ANSWER_WITHIN_MS = 30_000;

const VERSION = /^\d+\.\d+\.\d+$/;

export const isVersion = (text: string): boolean => VERSION.test(text);

export function isAtLeast(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
}

/** What a folder is good for: both tools of one version, or why it is of no use. */
export type Tools =
  | { readonly kind: 'usable'; readonly version: string }
  | { readonly kind: 'unusable'; readonly because: string };

export async function judgeTools(dir: string): Promise<Tools> {
  const server = await reported(join(dir, 'etcd'), ['--version'], /^etcd Version: (\d+\.\d+\.\d+)$/m);
  const client = await reported(join(dir, 'etcdctl'), ['version'], /^etcdctl version: (\d+\.\d+\.\d+)$/m);
  for (const answer of [server, client]) if (answer.kind === 'unusable') return answer;
  if (server.kind === 'usable' && client.kind === 'usable' && server.version !== client.version) {
    const because = `${join(dir, 'etcd')} is ${server.version}, but its etcdctl is ${client.version}`;
    return { kind: 'unusable', because };
  }
  return server;
}

/** The version that both tools in `dir` report; `null` where one is missing, does not run, or differs. */
export async function versionIn(dir: string): Promise<string | null> {
  const tools = await judgeTools(dir);
  return tools.kind === 'usable' ? tools.version : null;
}

async function reported(path: string, args: readonly string[], pattern: RegExp): Promise<Tools> {
  if (!existsSync(path)) return { kind: 'unusable', because: `there is no ${path}` };
  try {
    const text = await run(path, args, { timeoutMs: ANSWER_WITHIN_MS, env: { ETCDCTL_API: '3' } });
    const version = pattern.exec(text)?.[1];
    if (version !== undefined) return { kind: 'usable', version };
    return { kind: 'unusable', because: `${path} runs, but does not say which version it is` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'unusable', because: `${path} does not run: ${oneLine(reason)}` };
  }
}

const oneLine = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');
