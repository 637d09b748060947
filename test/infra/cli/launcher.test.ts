import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replacing } from './answers.ts';
import { startFakeLambda } from './fake-lambda.ts';

const LAUNCHER = join(import.meta.dirname, '../../../infra/cli/etcd-autopilot.js');

function launch(path: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [path, ...args], {
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { child, ended };
}

test('the launcher passes arguments, output and exit code through', async () => {
  const fake = await startFakeLambda({ body: JSON.stringify(replacing) });
  try {
    const env = { AWS_ENDPOINT_URL: fake.url, AWS_REGION: 'us-east-1', CLUSTER: 'core' };
    const { code, out } = await launch(LAUNCHER, ['status', '--json'], env).ended;
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual(replacing);
  } finally {
    await fake.close();
  }
});

test('a mistake ends the launcher with 2', async () => {
  const { code, err } = await launch(LAUNCHER, ['status'], { CLUSTER: '' }).ended;
  expect(code).toBe(2);
  expect(err).toBe('etcd-autopilot: which cluster? Give --cluster NAME, or set CLUSTER\n');
});

test('a signal to the launcher ends the command', async () => {
  const fake = await startFakeLambda({ body: '', isMute: true });
  try {
    const env = { AWS_ENDPOINT_URL: fake.url, AWS_REGION: 'us-east-1', CLUSTER: 'core' };
    const { child, ended } = launch(LAUNCHER, ['status'], env);
    await fake.firstAsked;
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  } finally {
    await fake.close();
  }
});

test('without installed packages the launcher says what to run', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-cli-'));
  try {
    for (const name of ['etcd-autopilot.js', 'own-node.js'])
      cpSync(join(LAUNCHER, '..', name), join(dir, name));
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
    const { code, err } = await launch(join(dir, 'etcd-autopilot.js'), ['status']).ended;
    expect(code).toBe(2);
    expect(err).toContain('run "npm ci"');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
