import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const LIMIT_MS = 15_000;
const source = ['common.sh', 'worker.sh']
  .map((name) => readFileSync(new URL(`../../../infra/node/${name}`, import.meta.url), 'utf8'))
  .join('\n');

/** A function of the boot script, as it stands there. */
function functionOf(name: string): string {
  const found = new RegExp(`^${name}\\(\\) \\{\\n.*?\\n\\}\\n`, 'ms').exec(source)?.[0];
  if (found === undefined) throw new Error(`the boot script has no function ${name}`);
  return found;
}

test('heartbeats end with boot commands that are over before the first one began, every time', async () => {
  const script = `
    HOOK=ready BEAT='' ON_TERM='kill $BEAT 2>/dev/null; exit 143'
    ${['apart', 'beat', 'with_beat'].map(functionOf).join('')}
    lifecycle() { :; }
    trap "$ON_TERM" TERM
    n=0
    while [ $n -lt 40 ]; do
      with_beat 60 :
      n=$((n + 1))
    done`;
  const shell = spawn('/bin/sh', ['-c', script], { stdio: 'ignore', detached: true });
  const { pid } = shell;
  if (pid === undefined) throw new Error('no shell');
  // A heartbeat that is not ended is waited for, for minutes.
  const limit = setTimeout(() => shell.kill('SIGKILL'), LIMIT_MS);
  const [code] = await once(shell, 'exit');
  clearTimeout(limit);
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing was left of it.
  }
  expect(code).toBe(0);
}, 30_000);
