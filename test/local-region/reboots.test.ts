import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MEMBERS } from '../../functions/core/names.ts';
import { openEtcdHttp } from '../../infra/demo/etcd-http.ts';
import { type Clients, openClients } from './clients.ts';
import { IS_LONG, tell } from './joined.ts';
import { type Load, openLoad } from './load.ts';
import { addWorkers, Book, type GateClient, openGate, rebootOnce, SECRET } from './reboots.ts';
import { openTheatre, type TestCluster, type Theatre, until } from './stage.ts';

const CLUSTER = 'core';
const WORKERS = 'etcd-autopilot-core-web';
/** Of members and workers, each with a client; in the long form some of the workers have two, which share its lock. */
const WORKER_COUNT = IS_LONG ? 10 : 3;
const SECOND_CLIENTS = IS_LONG ? 7 : 0;
const CLIENT_COUNT = 3 + WORKER_COUNT + SECOND_CLIENTS;
const MAX_REBOOTING = IS_LONG ? 3 : 2;
const WINDOW_SECONDS = IS_LONG ? 10 : 0;
const CLIENT_SECONDS = IS_LONG ? 400 : 120;

let theatre: Theatre;
let clients: Clients;
let cluster: TestCluster;
let gate: GateClient;
let workers: readonly string[];

beforeAll(async () => {
  theatre = await openTheatre({ RebootGate: 'url' });
  clients = openClients(theatre);
  cluster = await theatre.cluster(CLUSTER, 3, { GateStableSeconds: String(WINDOW_SECONDS) });
  const group = { cluster: CLUSTER, group: WORKERS, count: WORKER_COUNT, max: String(MAX_REBOOTING) };
  workers = await addWorkers(theatre, clients, group);
  gate = await openGate(theatre, clients, CLUSTER);
  await cluster.untilWhole(3, 90);
});
afterAll(async () => {
  clients?.close();
  await theatre?.stop();
});

const members = async (): Promise<readonly string[]> =>
  (await cluster.stage.see()).instances.map(({ id }) => id).sort();
const rebootMachine = (id: string): Promise<void> => theatre.region.machines.reboot(id, 1_000);
const waitsNow = async (): Promise<readonly string[]> => {
  const status = (await clients.parametersOf(CLUSTER)).get('status')?.value ?? '{}';
  return JSON.parse(status).waits.map(({ kind }: { readonly kind: string }) => kind);
};

/** How many of these serve, asked one by one: addresses last longer than a reboot. */
async function serving(endpoints: readonly string[]): Promise<number> {
  const etcd = openEtcdHttp();
  const asked = endpoints.map((endpoint) =>
    etcd.members(endpoint).then(
      () => 1,
      () => 0,
    ),
  );
  const count = (await Promise.all(asked)).reduce<number>((sum, one) => sum + one, 0);
  etcd.close();
  return count;
}

describe('the gate for reboots', () => {
  test(`has ${CLIENT_COUNT} clients of 3 members and ${WORKER_COUNT} workers reboot them all, never two members at once, and loses nothing`, async () => {
    const ids = await members();
    const load: Load = openLoad(cluster);
    const book = new Book();
    const { endpoints } = await cluster.stage.see();
    const servingAtGrant: number[] = [];
    const member = (id: string) => ({
      group: MEMBERS,
      id,
      reboot: async () => {
        servingAtGrant.push(await serving(endpoints));
        await rebootMachine(id);
      },
      users: 0,
      isGivingBack: false,
    });
    const worker = (id: string) => ({
      group: WORKERS,
      id,
      reboot: () => sleep(300),
      users: 0,
      isGivingBack: false,
    });
    const web = workers.map(worker);
    const all = [...ids.map(member), ...web, ...web.slice(0, SECOND_CLIENTS)];
    expect(all).toHaveLength(CLIENT_COUNT);
    const startedAtMs = performance.now();
    const step = await load.during(3, async () => {
      await Promise.all(all.map((one) => rebootOnce(gate, book, one, CLIENT_SECONDS)));
      return null;
    });
    const { acked, lost } = await load.end();
    await load.close();
    tell('reboots', {
      seconds: Math.round((performance.now() - startedAtMs) / 1_000),
      grants: book.grants,
      'members at once': book.most.get(MEMBERS) ?? 0,
      'workers at once': book.most.get(WORKERS) ?? 0,
      refusals: [...book.refusals].map(([kind, count]) => `${kind} ${count}`).join(' '),
      acknowledged: acked,
      lost,
      'longest gap ms': Math.round(step.longestGapMs ?? 0),
    });
    for (const reason of book.reasons.keys()) process.stdout.write(`show reboots: refused for ${reason}\n`);
    expect(book.grants).toBe(CLIENT_COUNT);
    expect(book.most.get(MEMBERS)).toBe(1);
    expect(book.most.get(WORKERS)).toBeLessThanOrEqual(MAX_REBOOTING);
    // When a member was let go, all three served: the condition held.
    expect(servingAtGrant).toEqual([3, 3, 3]);
    expect(lost).toBe(0);
    expect(await members()).toEqual(ids);
    expect(await waitsNow()).toEqual([]);
  });

  test('lets nobody in with another secret, and says no more than that', async () => {
    const [id = ''] = await members();
    expect(await gate.withSecret(`${SECRET}-not`).lock(MEMBERS, id)).toMatchObject({
      status: 403,
      kind: 'access_refused',
    });
  });

  // The short form leaves these to virtual time: test/reboot-gate/members.test.ts.
  if (IS_LONG) {
    test('refuses every member while one does not answer, with the reason, and lets one go once it is back', async () => {
      const [sick = '', well = ''] = await members();
      theatre.region.machines.signal(sick, 'etcd', 'SIGSTOP');
      try {
        await until('it is refused', 30, async () => (await gate.lock(MEMBERS, well)).status !== 200);
        const { kind, value } = await gate.lock(MEMBERS, well);
        expect([kind, value]).toEqual(['cluster_not_tolerant', expect.stringContaining(sick)]);
      } finally {
        theatre.region.machines.signal(sick, 'etcd', 'SIGCONT');
      }
      await until('it is granted', 120, async () => (await gate.lock(MEMBERS, well)).status === 200);
      expect((await gate.unlock(MEMBERS, well)).status).toBe(200);
    });

    test('tells of a client that died with the lock, holds it for nobody else, and lets the operator release it', async () => {
      const [dead = '', next = ''] = await members();
      await until('it is granted', 120, async () => (await gate.lock(MEMBERS, dead)).status === 200);
      await until('it is told', 90, async () => (await waitsNow()).includes('rebooting'));
      expect((await gate.lock(MEMBERS, next)).kind).toBe('failed_lock_semaphore_full');
      // It is as if half an hour had passed.
      const since = new Date(Date.now() - 1_801_000).toISOString();
      const { endpoints } = await cluster.stage.see();
      const key = '/etcd-autopilot/reboots/members';
      const value = JSON.stringify({ version: 1, holders: [{ instanceId: dead, since }] });
      expect((await clients.etcdctl(endpoints.join(), 'put', key, value)).code).toBe(0);
      await until('it is told as overdue', 120, async () => (await waitsNow()).includes('rebootOverdue'));
      const shown = await clients.cli('reboots', '--cluster', CLUSTER);
      expect([shown.code, shown.out]).toEqual([1, expect.stringContaining('longer than a reboot takes')]);
      const release = ['reboots', 'release', '--cluster', CLUSTER, '--group', MEMBERS, '--id', dead, '--yes'];
      expect(await clients.cli(...release)).toMatchObject({ code: 0 });
      expect(await clients.cli('reboots', '--cluster', CLUSTER)).toMatchObject({ code: 0 });
      await until('it is told no more', 90, async () => (await waitsNow()).length === 0);
      await until('the next one has it', 120, async () => (await gate.lock(MEMBERS, next)).status === 200);
      expect((await gate.unlock(MEMBERS, next)).status).toBe(200);
    });
  }
});
