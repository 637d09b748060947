import { spawn } from 'node:child_process';
import { StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onMachine } from '../../infra/local/on-machine.ts';
import { run } from './clients.ts';
import { CALM, IS_LONG, type Joined, openJoined, tell } from './joined.ts';
import { openCluster, type TestCluster, until } from './stage.ts';

/** A cluster and two groups of workers, launched by the command line, with the cluster's records in a hosted zone. */
const CORE = 'etcd-autopilot-core';
const MACHINES = '/etcd-autopilot/machines/';

let joined: Joined;
let cluster: TestCluster;
let domain = '';
const groups: Record<'r3' | 'm3', readonly string[]> = { r3: [], m3: [] };

beforeAll(async () => {
  joined = await openJoined();
  const { cli, zones, zoneId, theatre } = joined;
  domain = `core.${zones.name}`;
  await cli(
    'launch',
    '-n',
    'core',
    '--size',
    '3',
    '--domain',
    domain,
    '--dns-zone',
    zoneId,
    ...CALM,
    '--yes',
  );
  await Promise.all([
    cli(
      'launch-workers',
      '-n',
      'r3',
      '-t',
      'r3.large',
      '-j',
      'core',
      '-m',
      'instancetype=r3,role=worker',
      '--size',
      '2',
      '--yes',
    ),
    cli(
      'launch-workers',
      '-n',
      'm3',
      '-t',
      'm3.medium',
      '-j',
      'core',
      '-m',
      'instancetype=m3,role=batch',
      '--size',
      '1',
      '--yes',
    ),
  ]);
  cluster = openCluster(theatre.region, 'core');
  await cluster.untilWhole(3, 60);
  groups.r3 = await joined.inService(`${CORE}-r3`, 2, 40);
  groups.m3 = await joined.inService(`${CORE}-m3`, 1, 40);
});

afterAll(async () => {
  cluster?.stage.close();
  await joined?.close();
});

/** What a worker's etcdctl says, which is told of no address: localhost is where it asks, or what stands for that. */
function etcdctl(id: string, ...args: readonly string[]) {
  const command = `ETCDCTL_API=3 exec etcdctl --endpoints="http://\${ETCD_AUTOPILOT_LOCALHOST:-127.0.0.1}:2379" "$@"`;
  return joined.on(id, 'sh', '-c', command, 'sh', ...args);
}

/** Every machine as its key has it, by id. */
async function machines(): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const { out } = await etcdctl(groups.r3[0] ?? '', 'get', '--prefix', MACHINES);
  const lines = out.trim().split('\n');
  const pairs = lines.flatMap((key, index) =>
    key.startsWith(MACHINES) ? [[key, lines[index + 1] ?? '{}'] as const] : [],
  );
  return new Map(pairs.map(([key, value]) => [key.slice(MACHINES.length), JSON.parse(value)]));
}

const membersNow = (): readonly string[] =>
  joined.theatre.region.groups.get(CORE).instances.map(({ id }) => id);

test('every machine is listed in etcd with its type and metadata, asked for on a worker at localhost', async () => {
  const all = [...membersNow(), ...groups.r3, ...groups.m3].sort();
  await until(
    'all are registered',
    30,
    async () => [...(await machines()).keys()].sort().join() === all.join(),
  );
  const listed = await machines();
  const told = (ids: readonly string[]) =>
    ids.map((id) => ({ type: listed.get(id)?.['instanceType'], metadata: listed.get(id)?.['metadata'] }));
  const r3 = { type: 'r3.large', metadata: { instancetype: 'r3', role: 'worker' } };
  expect(told(groups.r3)).toEqual([r3, r3]);
  expect(told(groups.m3)).toEqual([{ type: 'm3.medium', metadata: { instancetype: 'm3', role: 'batch' } }]);
  expect(told(membersNow()).map(({ metadata }) => metadata)).toEqual([{}, {}, {}]);
});

test('etcd finds its members by SRV records, in a worker whose resolver is the name server of the region', async () => {
  const [id = ''] = groups.m3;
  const server = String(joined.theatre.region.variables['DNS_SERVER']);
  const servers = await joined.on(id, 'cat', '/etc/resolv.conf');
  const wanted = membersNow().map((one) => `${one}.${domain}`);
  const told = async (): Promise<readonly string[]> =>
    (await joined.zones.resolver.resolveSrv(`_etcd-server._tcp.${domain}`).catch(() => [])).map(
      ({ name }) => name,
    );
  await until(
    'records of all members',
    70,
    async () => [...(await told())].sort().join() === wanted.sort().join(),
  );
  if (servers.out !== `nameserver ${server}\n`)
    return tell('srv', { 'no network namespace here, records told': wanted.length });
  const list = await joined.on(
    id,
    'etcdctl',
    `--discovery-srv=${domain}`,
    '--insecure-discovery',
    'member',
    'list',
  );
  expect(list).toMatchObject({ code: 0 });
  for (const member of membersNow()) expect(list.out).toContain(member);
  const { file, args, env } = onMachine({ pid: joined.theatre.region.machines.pidOf(id) ?? 0, root: '/' }, [
    'etcd',
    'gateway',
    'start',
    `--discovery-srv=${domain}`,
    '--insecure-discovery',
    '--listen-addr=127.0.0.1:23790',
  ]);
  const gateway = spawn(file, args, { env, stdio: 'ignore' });
  try {
    const put = () =>
      joined.on(id, 'etcdctl', '--endpoints=http://127.0.0.1:23790', 'put', '/shows/srv', 'found');
    await until('a write through the gateway', 15, async () => (await put()).code === 0);
  } finally {
    gateway.kill();
  }
  const read = await run(
    `${joined.theatre.etcdDir}/etcdctl`,
    [`--endpoints=${(await cluster.stage.see()).endpoints[0]}`, 'get', '/shows/srv', '--print-value-only'],
    { ETCDCTL_API: '3' },
  );
  expect(read.out).toBe('found\n');
  tell('srv', { 'members found by etcdctl --discovery-srv': list.out.trim().split('\n').length });
});

test('etcdctl on a worker goes on working at localhost while all three members are replaced', async () => {
  const before = membersNow();
  const [id = ''] = groups.r3;
  const counts = { acked: 0, failed: 0, longestGapMs: 0 };
  let isOver = false;
  const work = (async () => {
    let lastMs = performance.now();
    for (let serial = 0; !isOver; serial += 1) {
      const { code } = await etcdctl(id, 'put', `/shows/workers/${serial}`, String(serial));
      counts[code === 0 ? 'acked' : 'failed'] += 1;
      if (code !== 0) continue;
      counts.longestGapMs = Math.max(counts.longestGapMs, Math.round(performance.now() - lastMs));
      lastMs = performance.now();
    }
  })();
  const MaxHealthyPercentage = IS_LONG ? 110 : 200;
  const Preferences = { MinHealthyPercentage: 100, MaxHealthyPercentage, InstanceWarmup: 0 };
  await joined.clients.scaling.send(
    new StartInstanceRefreshCommand({ AutoScalingGroupName: CORE, Preferences }),
  );
  await until('all members are others', 120, async () => membersNow().every((one) => !before.includes(one)));
  await cluster.untilWhole(3, 60);
  isOver = true;
  await work;
  const kept = await etcdctl(id, 'get', '--prefix', '/shows/workers/', '--keys-only');
  tell('workers', {
    'etcdctl put on a worker': counts.acked + counts.failed,
    failed: counts.failed,
    'longest gap ms': counts.longestGapMs,
  });
  expect(kept.out.split('\n').filter((line) => line !== '').length).toBeGreaterThanOrEqual(counts.acked);
  expect(counts.acked).toBeGreaterThan(20);
  expect(counts.longestGapMs).toBeLessThan(5_000);
  const all = [...membersNow(), ...groups.r3, ...groups.m3].sort();
  await until(
    'who is registered is who is there',
    90,
    async () => [...(await machines()).keys()].sort().join() === all.join(),
  );
}, 240_000);
