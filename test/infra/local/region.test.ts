import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { RegionRunningError, startRegion, stopRegion } from '../../../infra/local/region.ts';
import { clientsOf, idsIn, until } from './fixtures/region.ts';

const SCRIPT = fileURLToPath(new URL('./fixtures/own-process.ts', import.meta.url));
const dirs: string[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** Every process that names the directory in its command line or environment: stage, workers, machines and all below. */
function processesOf(dir: string): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid))
    .filter((entry) => {
      try {
        return [`/proc/${entry}/cmdline`, `/proc/${entry}/environ`].some((path) =>
          readFileSync(path, 'utf8').includes(dir),
        );
      } catch {
        return false;
      }
    });
}

async function openOwnProcess() {
  const dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-own-'));
  dirs.push(dir);
  const child = spawn(process.execPath, [SCRIPT, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const line = await until('the region', () => (output.includes('\n') ? output : null), 60_000);
  const endpoint = String(JSON.parse(line).endpoint);
  await idsIn(clientsOf({ endpoint, region: 'us-east-1' }), 'g', 'InService', 2);
  // Region, stage, function worker, two machines with a loop each.
  expect(processesOf(dir).length).toBeGreaterThanOrEqual(6);
  return { dir, child, endpoint };
}

describe('a region as a process', { timeout: 90_000 }, () => {
  test('can be stopped from another terminal and leaves no process, no environment file, no record', async () => {
    const { dir, child } = await openOwnProcess();
    expect(existsSync(join(dir, 'env'))).toBe(true);
    await expect(startRegion({ dir })).rejects.toBeInstanceOf(RegionRunningError);
    expect(await stopRegion({ dir })).toBe(true);
    expect(child.exitCode ?? child.signalCode).not.toBeUndefined();
    expect(processesOf(dir)).toEqual([]);
    expect(existsSync(join(dir, 'env')) || existsSync(join(dir, 'region.json'))).toBe(false);
    expect(await stopRegion({ dir })).toBe(false);
  });

  test('leaves no process when it is killed itself', async () => {
    const { dir, child } = await openOwnProcess();
    child.kill('SIGKILL');
    await until('every process to end', () => (processesOf(dir).length === 0 ? true : null), 5_000);
    expect(await stopRegion({ dir })).toBe(false);
  });

  test('an interrupt ends it with everything it started', async () => {
    const { dir, child } = await openOwnProcess();
    child.kill('SIGINT');
    await until('the end', () => child.exitCode, 10_000);
    expect(child.exitCode).toBe(130);
    expect(processesOf(dir)).toEqual([]);
  });

  test.each([50, 250, 500])('a termination %i ms after its start leaves nothing either', async (afterMs) => {
    const dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-own-'));
    dirs.push(dir);
    const child = spawn(process.execPath, [SCRIPT, dir], { stdio: 'ignore' });
    children.push(child);
    await until('its record', () => (existsSync(join(dir, 'region.json')) ? true : null));
    await sleep(afterMs);
    child.kill('SIGTERM');
    await until('the end', () => child.exitCode, 10_000);
    await until('every process to end', () => (processesOf(dir).length === 0 ? true : null), 2_000);
    expect(existsSync(join(dir, 'region.json'))).toBe(false);
  });

  test('its environment file serves a stock shell', async () => {
    const { dir, endpoint } = await openOwnProcess();
    const script = `. "${dir}/env"; echo "$AWS_ENDPOINT_URL $CLUSTER $GROUP $STACK $AWS_DEFAULT_REGION"`;
    expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(
      `${endpoint} core g toy us-east-1\n`,
    );
    await stopRegion({ dir });
  });

  test('waits below a second are refused', async () => {
    await expect(startRegion({ dir: '/nonexistent', waits: { bootMs: 10 } })).rejects.toThrow(
      'bootMs must be at least 1000',
    );
  });
});
