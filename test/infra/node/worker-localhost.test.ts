import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EtcdProcess, etcdBinDir, loopback, peerUrlOf } from '../../support/etcd-process.ts';
import { blackHole } from '../../support/relay.ts';
import { Door } from './doors.ts';
import type { MemberHost } from './member-host.ts';
import { clusterEnv, ENDPOINTS_NAME, isReady, type WorkerOptions, workerHost } from './worker-host.ts';

const run = promisify(execFile);
const ADDRESS = loopback(1);
const LOCALHOST = `http://${ADDRESS}:2379`;
const text = (value: string): string => Buffer.from(value).toString('base64');

let etcd: EtcdProcess;
let host: MemberHost;
const doors: Door[] = [];

beforeAll(async () => {
  const address = loopback(0);
  const dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-behind-'));
  etcd = new EtcdProcess({
    name: 'behind',
    address,
    dir,
    binDir: await etcdBinDir(),
    initialCluster: `behind=${peerUrlOf(address)}`,
    initialState: 'new',
    token: 'behind',
  });
  await etcd.start();
  await etcd.ready();
});
afterAll(async () => {
  await etcd.kill();
  rmSync(etcd.settings.dir, { recursive: true, force: true });
});
afterEach(async () => {
  await host.destroy();
  for (const door of doors.splice(0)) await door.close();
});

/** Addresses of the one etcd, by which it looks like that many members. */
async function openDoors(...indexes: readonly number[]): Promise<readonly Door[]> {
  const opened = indexes.map((index) => new Door(loopback(index), etcd.settings.address));
  for (const door of opened) doors.push(await door.open());
  return opened;
}

const publish = (members: readonly (Door | string)[]): void => {
  const urls = members.map((member) => (typeof member === 'string' ? member : member.url));
  host.region.parameters.set(ENDPOINTS_NAME, urls.sort().join(','));
};

async function boot(
  members: readonly (Door | string)[],
  options: Partial<WorkerOptions> = {},
): Promise<void> {
  host = await workerHost({ address: ADDRESS, ...options });
  publish(members);
  await host.boot();
  await isReady(host);
}

const put = async (key: string): Promise<boolean> => {
  const answer = await fetch(`${LOCALHOST}/v3/kv/put`, {
    method: 'POST',
    body: JSON.stringify({ key: text(key), value: text('x') }),
    signal: AbortSignal.timeout(2_000),
  }).catch(() => null);
  return answer?.ok === true;
};

/** The process that listens on localhost. */
function proxyPid(): number {
  return Number(readFileSync(host.path('run/etcd-autopilot/proxy'), 'utf8'));
}

const answers = () => untilTrue(() => put('probe'), 'answer on localhost');

async function untilTrue(isDone: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error(`no ${what}; log:\n${host.log}`);
    await sleep(20);
  }
}

describe.each(['gateway', 'grpc-proxy'])('etcd %s on localhost', (LocalEtcd) => {
  const isHttp = LocalEtcd === 'gateway'; // the proxy speaks gRPC alone

  async function etcdctl(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(join(await etcdBinDir(), 'etcdctl'), args, {
      env: { PATH: process.env['PATH'], ...clusterEnvForEtcdctl() },
    });
    return stdout;
  }
  const clusterEnvForEtcdctl = () => ({
    ETCDCTL_API: '3',
    ETCDCTL_ENDPOINTS: clusterEnv(host)['ETCDCTL_ENDPOINTS'],
  });

  test('is an etcd from the boot on, and writes go on while every member is replaced', async () => {
    const [a, b, c, d, e, f] = await openDoors(2, 3, 4, 5, 6, 7);
    if (!a || !b || !c || !d || !e || !f) throw new Error('no doors');
    await boot([a, b, c], { parameters: { LocalEtcd } });
    expect(await etcdctl('put', 'first', 'x')).toBe('OK\n');
    const acknowledged: number[] = [];
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver && n < 5_000; n += 1) {
        const isDone = isHttp
          ? await put(`w${n}`)
          : await etcdctl('put', `w${n}`, 'x', '--command-timeout=1s').then(
              () => true,
              () => false,
            );
        if (isDone) acknowledged.push(performance.now());
        await sleep(10);
      }
    })();
    // As a rotation does: the new one is published, then the old one is taken out of the list, then it ends.
    let members: readonly Door[] = [a, b, c];
    for (const [old, young] of [
      [a, d],
      [b, e],
      [c, f],
    ] as const) {
      publish([...members, young]);
      members = [...members.filter((door) => door !== old), young];
      publish(members);
      const wanted = members
        .map(({ url }) => url)
        .sort()
        .join(',');
      await host.says(`etcd ${LocalEtcd} on ${ADDRESS}:2379 for ${wanted}`);
      await sleep(150); // the machine of a removed member lives a while longer
      await old.close();
    }
    const count = acknowledged.length;
    await host.until(() => acknowledged.length > count + 3, 'writes through the new ones');
    isOver = true;
    await writing;
    const gaps = acknowledged.slice(1).map((at, index) => at - (acknowledged[index] ?? at));
    expect(Math.max(...gaps)).toBeLessThan(4_000);
    expect(clusterEnv(host)['AUTOPILOT_ENDPOINTS']).toBe(
      [d, e, f]
        .map(({ url }) => url)
        .sort()
        .join(','),
    );
  }, 60_000);
});

test('it is started again when it ends, and also when the script itself was killed', async () => {
  await boot(await openDoors(2));
  await answers();
  const first = proxyPid();
  process.kill(first, 'SIGKILL');
  await host.until(() => proxyPid() !== first, 'new process');
  await answers();
  const second = proxyPid();
  const parent = Number(/^\d+ \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${second}/stat`, 'utf8'))?.[1]);
  process.kill(parent, 'SIGKILL');
  await host.until(() => proxyPid() !== second, 'new process');
  await answers();
  expect(host.log).toContain('the keeper of addresses ended with status 137');
  expect(await host.stop()).toBe(0);
  await host.until(() => !isAlive(proxyPid()), 'end of it');
});

test('an address that says nothing is left out until it speaks, and the parameter is asked at once', async () => {
  const [good] = await openDoors(2);
  if (!good) throw new Error('no door');
  const silent = loopback(3);
  const end = await blackHole(silent, 2379);
  const hung = `http://${silent}:2379`;
  try {
    await boot([good, hung], { env: { ETCD_AUTOPILOT_REFRESH_SECONDS: '100000' } });
    await host.says(`for ${good.url}\n`);
    const reads = host.region.readCount;
    expect(reads).toBeGreaterThan(1);
    expect(clusterEnv(host)['AUTOPILOT_ENDPOINTS'], 'what the parameter says stays').toBe(
      [good.url, hung].sort().join(','),
    );
    await answers();
    for (let n = 0; n < 6; n += 1) expect(await put(`n${n}`)).toBe(true);
  } finally {
    await end();
  }
  host.log = '';
  await openDoors(3);
  await host.says(`for ${[good.url, hung].sort().join(',')}\n`);
});

test('where TLS is passed through, nobody is asked without certificates, and the parameter alone decides', async () => {
  const [one, two] = [`https://${loopback(2)}:2379`, `https://${loopback(3)}:2379`];
  await boot([one]);
  await host.says(`etcd gateway on ${ADDRESS}:2379 for ${one}\n`);
  await host.reads(4);
  publish([two]);
  await host.says(`etcd gateway on ${ADDRESS}:2379 for ${two}\n`);
  expect(clusterEnv(host)['ETCDCTL_ENDPOINTS']).toBe(`https://${ADDRESS}:2379`);
});

test('where nobody answers, all of them stay in use: never an empty list', async () => {
  const [only] = await openDoors(2);
  if (!only) throw new Error('no door');
  const list = [only.url, `http://${loopback(3)}:2379`].sort().join(',');
  await boot([only, `http://${loopback(3)}:2379`]);
  await host.says(`for ${only.url}\n`);
  host.log = '';
  await only.close();
  doors.splice(0);
  await host.says(`for ${list}\n`);
});

function isAlive(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [^Z]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
