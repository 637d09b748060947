import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const LIMIT_MS = 15_000;
const source = ['common.sh', 'worker.sh']
  .map((name) => readFileSync(new URL(`../../../infra/node/${name}`, import.meta.url), 'utf8'))
  .join('\n');

/** A function of the boot script, as it stands there. */
function functionOf(name: string): string {
  const found = new RegExp(`^${name}\\(\\) \\{(?: .*? \\}\\n|\\n[^]*?\\n\\}\\n)`, 'm').exec(source)?.[0];
  if (found === undefined) throw new Error(`the boot script has no function ${name}`);
  return found;
}

test('heartbeats end with boot commands that are over before the first one began, every time', async () => {
  const script = `
    HOOK=ready BEAT='' ON_TERM='kill $BEAT 2>/dev/null; exit 143'
    ${['apart', 'about', 'beat', 'with_beat'].map(functionOf).join('')}
    lifecycle() { :; }
    trap "$ON_TERM" TERM
    n=0
    while [ $n -lt 40 ]; do
      with_beat 3600 :
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

const numbersOf = (script: string): readonly number[] =>
  execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', timeout: LIMIT_MS })
    .trim()
    .split('\n')
    .map(Number);

test('heartbeats are two to three minutes apart, by chance, for as long as the boot commands may take', () => {
  const spans = numbersOf(`
    ${['about', 'beat'].map(functionOf).join('')}
    apart() { echo "$2"; }
    lifecycle() { :; }
    beat 36000`);
  expect(Math.min(...spans)).toBeGreaterThanOrEqual(120);
  expect(Math.max(...spans)).toBeLessThanOrEqual(180);
  expect(new Set(spans).size).toBeGreaterThan(20);
  const total = spans.reduce((sum, span) => sum + span, 0);
  expect(total).toBeGreaterThanOrEqual(36_000);
  expect(total).toBeLessThan(36_180);
});

test.each([
  ['one of three: a thousand machines ask over some seconds', '" b "', 10, 15],
  ['two of three: there is one left, and it is asked at once', '" b  c "', 1, 1],
  ['all of them: it is asked at once', '" a  b  c "', 1, 1],
  ['nobody: the usual half minute', '""', 36, 36],
])('the addresses are read again when silent is %s', (_, silent, min, max) => {
  const dues = numbersOf(`
    ${['about', 'watch_over'].map(functionOf).join('')}
    probe() { SILENT=${silent}; }
    TLS=none LIST=a,b,c n=0
    while [ $n -lt 20 ]; do
      due=36 pace=''
      watch_over
      echo $due
      n=$((n + 1))
    done`);
  expect(Math.min(...dues)).toBeGreaterThanOrEqual(min);
  expect(Math.max(...dues)).toBeLessThanOrEqual(max);
});

test('a second silent address is not waited for as long as the first, and silence that lasts is asked about less and less', () => {
  const dues = numbersOf(`
    ${['about', 'watch_over'].map(functionOf).join('')}
    probe() { :; }
    TLS=none LIST=a,b,c due=36 pace=''
    SILENT=' b '; watch_over; echo $due
    SILENT=' b  c '; watch_over; echo $due
    due=36; watch_over; echo $due
    due=36; watch_over; echo $due`);
  const [first = 0, second, third = 0, fourth = 0] = dues;
  expect(first).toBeGreaterThanOrEqual(10);
  expect(second).toBe(1);
  expect([3, 4]).toContain(third);
  expect(fourth).toBeGreaterThanOrEqual(9);
});
