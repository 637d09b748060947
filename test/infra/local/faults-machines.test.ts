import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeInstanceStatusCommand, DescribeSpotInstanceRequestsCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { programOf } from '../../../infra/cli/program.ts';
import { openControl } from '../../../infra/local/control-client.ts';
import { type Clients, clientsOf, idsIn, openRegion, until } from './fixtures/region.ts';
import { createToyGroup } from './fixtures/toy-etcd.ts';

/** Machines of a toy whose etcd is a shell loop of that name. Each test begins with two in service. */
let region: Awaited<ReturnType<typeof openRegion>>;
let clients: Clients;
let control: ReturnType<typeof openControl>;
let first: string;

beforeAll(async () => {
  region = await openRegion();
  clients = clientsOf(region);
  control = openControl(region.endpoint);
  await createToyGroup(clients, 'toy', 2);
}, 60_000);

afterAll(() => region?.close(), 20_000);

beforeEach(async () => {
  first = await until('two machines with etcd', async () => {
    const ids = await idsIn(clients, 'toy', 'InService', 2);
    return ids.every((id) => region.machines.etcdOf(id) === 'running') ? (ids[0] ?? null) : null;
  });
});

const dataOf = (id: string): string => join(region.machines.rootOf(id), 'var/lib/etcd');
const inForce = async () => (await control.faults()).faults;
const viewOf = async (id: string) => {
  const { groups } = await control.status();
  return groups.flatMap(({ instances }) => instances).find((one) => one.id === id);
};

test('the beginning of an id is enough, and the answer says what was done to whom', async () => {
  const { text, undo, id } = await control.fault({ kind: 'kill-etcd', target: first.slice(0, 10) });
  const { address } = region.groups.instance(first);
  expect(text).toBe(`killed the etcd of ${first} (${address}, us-east-1a, cluster toy)`);
  expect({ undo, id }).toEqual({ undo: 'nothing to undo: its boot script starts it again', id: null });
  expect(await inForce()).toEqual([]);
});

test('a frozen etcd is in force until it is cleared, and takes its connections with it', async () => {
  const { id } = await control.fault({ kind: 'freeze-etcd', target: first });
  expect(await viewOf(first)).toMatchObject({ etcd: 'frozen', state: 'InService' });
  expect(await inForce()).toMatchObject([{ id, kind: 'freeze-etcd', target: first }]);
  await control.clear(id);
  expect(await viewOf(first)).toMatchObject({ etcd: 'running' });
  expect(await inForce()).toEqual([]);
});

test('a frozen etcd that ends otherwise is no fault in force any more', async () => {
  await control.fault({ kind: 'freeze-etcd', target: first });
  await control.fault({ kind: 'thaw-etcd', target: first });
  expect(await inForce()).toEqual([]);
  await expect(control.fault({ kind: 'thaw-etcd', target: first })).rejects.toThrow(
    `nothing is frozen on ${first}`,
  );
});

test('a black hole stops all of the machine, also what would start etcd again', async () => {
  const { id } = await control.fault({ kind: 'black-hole', target: first });
  region.machines.signal(first, 'etcd', 'SIGKILL');
  await until('its end', () => (region.machines.etcdOf(first) === 'none' ? true : null));
  expect(await inForce()).toMatchObject([{ id, kind: 'black-hole' }]);
  await control.clear(id);
  await until('the next etcd', () => (region.machines.etcdOf(first) === 'running' ? true : null));
});

test('a crashing etcd never lasts, until the fault is cleared', async () => {
  const before = region.machines.pidsOf(first, 'etcd');
  const { id, text } = await control.fault({ kind: 'crash-etcd', target: first });
  expect(text).toContain(`kills the etcd of ${first} `);
  const seen = new Set<number>();
  await until('it has been started anew twice', () => {
    for (const pid of region.machines.pidsOf(first, 'etcd')) if (!before.includes(pid)) seen.add(pid);
    return seen.size >= 2 ? true : null;
  });
  expect(await inForce()).toMatchObject([{ id, kind: 'crash-etcd', target: first }]);
  await control.clear(id);
  const [last] = await until('it runs', () => {
    const pids = region.machines.pidsOf(first, 'etcd');
    return pids.length > 0 ? pids : null;
  });
  await sleep(300); // three times as long as a crash takes: that none comes shows in time alone
  expect(region.machines.pidsOf(first, 'etcd')).toEqual([last]);
});

test('a wiped disk is empty before the boot script can act, and its etcd is another', async () => {
  await until('data', () => (existsSync(join(dataOf(first), 'data')) ? true : null));
  writeFileSync(join(dataOf(first), 'of-the-old-one'), '');
  const { text } = await control.fault({ kind: 'wipe-disk', target: first });
  expect(text).toContain('emptied the data directory');
  await until('data of the next etcd', () => (readdirSync(dataOf(first)).join() === 'data' ? true : null));
});

test('a zone without capacity launches nothing until it has some again', async () => {
  const { id, text } = await control.fault({ kind: 'no-capacity', target: 'us-east-1c' });
  expect(text).toBe('nothing can be launched in us-east-1c any more; what runs there stays');
  expect(region.groups.zones.closed()).toEqual(['us-east-1c']);
  await expect(control.fault({ kind: 'no-capacity', target: 'us-east-1c' })).rejects.toThrow('already');
  await control.clear(id);
  await control.fault({ kind: 'no-capacity', target: 'us-east-1c' });
  await control.fault({ kind: 'restore-capacity', target: 'us-east-1c' });
  expect(region.groups.zones.closed()).toEqual([]);
  expect(await inForce()).toEqual([]);
  const elsewhere = control.fault({ kind: 'no-capacity', target: 'mars-1a' });
  await expect(elsewhere).rejects.toThrow('no group has a zone mars-1a; zones: us-east-1a, us-east-1b');
});

test('the command line does it to the region of its directory, and shows it', async () => {
  const run = async (...args: readonly string[]) => {
    let out = '';
    const say = (text: string) => {
      out += text;
    };
    const code = await programOf({ env: {}, out: say, err: say }).run([
      'local',
      ...args,
      '--dir',
      region.dir,
    ]);
    return { code, out };
  };
  const frozen = await run('fault', 'freeze-etcd', first);
  expect(frozen).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^froze the etcd of i-.*clear f\d+ --dir/),
  });
  const status = await run('status');
  expect(status.code).toBe(0);
  expect(status.out).toMatch(new RegExp(`^${first} .* InService .* frozen$`, 'm'));
  expect((await run('fault', 'clear')).out).toMatch(/^ended f\d+: froze/);
  expect(await run('fault', 'list')).toEqual({ code: 0, out: 'no fault is in force\n' });
});

test('what is not there, or cannot be done, is one line', async () => {
  const refused = (fault: object) => expect(control.fault(fault)).rejects;
  await refused({ kind: 'kill-etcd', target: 'i-nobody' }).toThrow(
    /^there is no instance i-nobody; there are: i-/,
  );
  await refused({ kind: 'kill-etcd', target: 'i-' }).toThrow(/^several instances begin with i-: i-/);
  await refused({ kind: 'kill-etcd', target: 'leader' }).toThrow('cluster toy has no leader');
  await refused({ kind: 'kill-etcd', target: 'leader@other' }).toThrow('there is no cluster other');
  await refused({ kind: 'broken-boot', group: 'other' }).toThrow('there is no group other; there are: toy');
  await refused({ kind: 'explode' }).toThrow('unknown fault "explode"; known: kill-etcd');
});

test('the leader is the one that the status parameter names', async () => {
  const status = {
    generation: 1,
    at: '',
    health: 'healthy',
    leader: first,
    voters: [],
    learners: [],
    waits: [],
  };
  await clients.ssm.send(
    new PutParameterCommand({
      Name: '/etcd-autopilot/toy/status',
      Type: 'String',
      Value: JSON.stringify(status),
    }),
  );
  expect((await control.fault({ kind: 'kill-etcd', target: 'leader' })).text).toContain(first);
  await expect(control.fault({ kind: 'kill-etcd', target: 'follower@toy' })).rejects.toThrow('no follower');
  const { clusters } = await control.status();
  expect(clusters).toMatchObject([{ name: 'toy', status: { leader: first } }]);
});

test('a new instance has the address of the dead one, whose next boot is broken', async () => {
  const { address } = region.groups.instance(first);
  await control.fault({ kind: 'reuse-address', target: first });
  const broken = await control.fault({ kind: 'broken-boot' });
  await control.fault({ kind: 'kill-instance', target: first });
  const next = await until('its replacement', async () => {
    const ids = await idsIn(clients, 'toy', 'InService', 2);
    return ids.find((id) => id !== first && region.groups.instance(id).address === address) ?? null;
  });
  const console = () => readFileSync(join(region.machines.rootOf(next), 'console.log'), 'utf8');
  await until('its word', () =>
    console().includes(`the boot script cannot run: fault ${broken.id}`) ? true : null,
  );
  expect(await inForce()).toEqual([]);
  await expect(control.fault({ kind: 'kill-etcd', target: next })).rejects.toThrow(`no etcd runs on ${next}`);
  await expect(control.fault({ kind: 'reboot', target: first })).rejects.toThrow(`${first} is terminated`);
  // A reboot does not mend it; the next instance is whole, as the next test sees.
  await control.fault({ kind: 'reboot', target: next });
  await until('the second boot', () => (console().split('cannot run').length === 3 ? true : null));
  await control.fault({ kind: 'kill-instance', target: next });
}, 30_000);

test('an interruption is announced, can be withdrawn, and else ends the machine in time', async () => {
  const requests = async () =>
    (await clients.ec2.send(new DescribeSpotInstanceRequestsCommand({}))).SpotInstanceRequests ?? [];
  const withdrawn = await control.fault({ kind: 'interrupt', target: first, seconds: 1 });
  expect(await requests()).toMatchObject([{ InstanceId: first, Status: { Code: 'marked-for-termination' } }]);
  await expect(control.fault({ kind: 'retire', target: first })).rejects.toThrow('announced already');
  await control.clear(withdrawn.id);
  expect(await requests()).toEqual([]);

  const beganMs = Date.now();
  await control.fault({ kind: 'interrupt', target: first, seconds: 2 });
  await until('the end', () => (region.groups.instance(first).ec2State === 'terminated' ? true : null));
  expect(Date.now() - beganMs).toBeGreaterThanOrEqual(2_000);
  expect(await inForce()).toEqual([]);
});

test('a retirement shows until it is cleared', async () => {
  const events = async () => {
    const answer = await clients.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [first] }));
    return answer.InstanceStatuses?.flatMap(({ Events = [] }) => Events.map(({ Code }) => Code));
  };
  const { id } = await control.fault({ kind: 'retire', target: first });
  expect(await events()).toEqual(['instance-retirement']);
  await control.clear(id);
  expect(await events()).toEqual([]);
  await expect(control.clear(id)).rejects.toThrow(`no fault ${id} is in force`);
});
