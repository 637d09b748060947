import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';

const LAUNCHER = join(import.meta.dirname, '../../infra/cli/etcd-autopilot.js');
const LIMIT_MS = 200_000;
const FORM_MS = 120_000;
const END_MS = 15_000;

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-up-'));
});

afterEach(async () => {
  await launch(['local', 'down', '--dir', dir]).ended;
  rmSync(dir, { recursive: true, force: true });
});

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  let failed: string | null = null;
  const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
    child.on('close', (code) => {
      failed = `it ended with ${code}: ${text}`;
      resolve({ code, text });
    });
  });
  return { child, ended, failed: () => failed, said: () => text };
}

/** What `<dir>/env` would set in a shell that sources it. */
function variables(): Readonly<Record<string, string>> {
  const lines = readFileSync(join(dir, 'env'), 'utf8').matchAll(/^export (\w+)='([^']*)'$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** Processes that have to do with the region of this test, by their command line or environment. */
const processes = (): readonly string[] =>
  readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && ['cmdline', 'environ'].some((file) => textOf(name, file).includes(dir)),
  );

function textOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

/** Waits until nothing is left of the region, or says what is. */
async function untilNothingRuns(): Promise<void> {
  const endMs = Date.now() + END_MS;
  while (processes().length > 0) {
    if (Date.now() > endMs) expect(processes().map((pid) => textOf(pid, 'cmdline'))).toEqual([]);
    await sleep(100);
  }
}

const hasInstances = (): boolean =>
  existsSync(join(dir, 'instances')) && readdirSync(join(dir, 'instances')).length > 0;

/** Waits for the first machine; a command that ends before, or says nothing that helps, fails with its own words. */
async function untilInstances(up: ReturnType<typeof launch>): Promise<void> {
  const endMs = Date.now() + FORM_MS;
  while (!hasInstances()) {
    const because = up.failed() ?? (Date.now() > endMs ? `it did not happen in time: ${up.said()}` : null);
    if (because !== null) throw new Error(because);
    await sleep(100);
  }
}

test('a detached region serves status and plan until it is taken down, and leaves nothing', {
  timeout: LIMIT_MS,
}, async () => {
  const up = await launch(['local', 'up', '--detach', '--size', '1', '--cluster', 'one', '--dir', dir]).ended;
  expect(up).toMatchObject({ code: 0, text: expect.stringContaining('Cluster one is whole') });
  expect(variables()).toMatchObject({ CLUSTER: 'one', GROUP: 'etcd-autopilot-one', STACK: 'etcd-autopilot' });

  const status = await launch(['status', '--json'], variables()).ended;
  expect(status.code).toBe(0);
  expect(JSON.parse(status.text)).toMatchObject({
    health: 'healthy',
    members: [{ role: 'voter', lag: '0' }],
  });

  const plan = await launch(['plan'], variables()).ended;
  expect(plan).toMatchObject({ code: 0, text: expect.stringContaining('nothing to do') });

  const other = await launch(['status', '--cluster', 'other'], variables()).ended;
  expect(other).toMatchObject({ code: 2, text: expect.stringContaining('no Auto Scaling group') });

  const second = await launch(['local', 'up', '--dir', dir]).ended;
  expect(second).toMatchObject({ code: 2, text: expect.stringContaining('already running') });

  // The region itself, the stage, and the machine with its etcd.
  expect(processes().length).toBeGreaterThan(3);
  const down = await launch(['local', 'down', '--dir', dir]).ended;
  expect(down).toMatchObject({ code: 0, text: 'the local region is stopped\n' });
  await untilNothingRuns();
  expect(existsSync(join(dir, 'env'))).toBe(false);
});

test('an interrupt while the cluster forms ends everything', { timeout: LIMIT_MS }, async () => {
  const up = launch(['local', 'up', '--dir', dir]);
  await untilInstances(up);
  up.child.kill('SIGINT');
  const { code, text } = await up.ended;
  expect({ code, text }).toMatchObject({ code: 130, text: expect.stringContaining('stopping') });
  await untilNothingRuns();
  expect(existsSync(join(dir, 'region.json'))).toBe(false);
});
