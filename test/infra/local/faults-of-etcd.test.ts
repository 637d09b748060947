import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flipBit } from '../../../infra/local/fleet/faults/database.ts';
import { SLOW_MS, slowDown } from '../../../infra/local/fleet/faults/slow-disk.ts';
import { run } from '../../local-region/clients.ts';
import { EtcdProcess, etcdBinDir, loopback, peerUrlOf } from '../../support/etcd-process.ts';

/** One real etcd, and what the local region does to disks. */
let dir: string;
let etcd: EtcdProcess;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-disk-'));
  const address = loopback(0);
  etcd = new EtcdProcess({
    ...{ name: 'one', address, dir: join(dir, 'data'), binDir: await etcdBinDir(), token: 'disk' },
    ...{ initialCluster: `one=${peerUrlOf(address)}`, initialState: 'new' },
  });
  await etcd.start();
  await etcd.ready();
});
afterAll(async () => {
  await etcd?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function etcdctl(...args: readonly string[]): Promise<string> {
  const program = join(await etcdBinDir(), 'etcdctl');
  const ran = await run(program, [`--endpoints=${etcd.clientUrl}`, ...args], { ETCDCTL_API: '3' });
  if (ran.code !== 0) throw new Error(ran.err);
  return ran.out.trim();
}

test('of a database without a client’s value no bit is flipped', async () => {
  await etcdctl('put', '/etcd-autopilot/state', 'ours');
  await etcd.kill();
  expect(flipBit(join(etcd.settings.dir, 'data/member/snap/db'))).toBeNull();
  await etcd.start();
  await etcd.ready();
});

test('a flipped bit is served as if it had been written, and nothing of the autopilot is touched', async () => {
  for (const index of [1, 2, 3]) await etcdctl('put', `of-a-client-${index}`, 'a'.repeat(40));
  await etcdctl('put', '/etcd-autopilot/machines/i-1', 'ours');
  // Its end is an orderly one: killed, it may have written its log and not yet its database.
  await etcd.stop();
  const found = flipBit(join(etcd.settings.dir, 'data/member/snap/db'));
  expect(found).toMatchObject({ key: 'of-a-client-3', size: 40 });
  await etcd.start();
  await etcd.ready();
  expect(await etcdctl('get', '--print-value-only', 'of-a-client-3')).toBe(`\`${'a'.repeat(39)}`);
  expect(await etcdctl('get', '--print-value-only', 'of-a-client-2')).toBe('a'.repeat(40));
  expect(await etcdctl('get', '--print-value-only', '/etcd-autopilot/machines/i-1')).toBe('ours');
});

test('a slowed disk makes each write wait, until it is ended; where strace is missing that is said', async () => {
  const millisOf = async (): Promise<number> => {
    const startedMs = performance.now();
    await etcdctl('put', 'slow', 'x');
    return performance.now() - startedMs;
  };
  const slow = await slowDown(etcd.pid).catch((error: unknown) => String(error));
  if (typeof slow === 'string') {
    expect(slow).toMatch(/strace cannot be run|Operation not permitted/);
    return;
  }
  expect(await millisOf()).toBeGreaterThan(SLOW_MS);
  expect(slow.isOver()).toBe(false);
  slow.end();
  await expect.poll(() => slow.isOver()).toBe(true);
  await expect.poll(millisOf).toBeLessThan(SLOW_MS);
});
