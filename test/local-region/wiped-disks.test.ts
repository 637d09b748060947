import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteParametersCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { decodeStatus } from '../../functions/core/status.ts';
import { decodeTicket } from '../../functions/core/ticket.ts';
import { type Clients, openClients } from './clients.ts';
import { logOf } from './logs.ts';
import { openTheatre, type TestCluster, type Theatre } from './stage.ts';

/** What happens to machines and records behind everybody's back. Each test begins with three healthy voters. */
const CLUSTER = 'core';
const PATH = `/etcd-autopilot/${CLUSTER}`;
const MEMBERSHIP = ['addLearner', 'promoteLearner', 'removeMember', 'moveLeader', 'claimCluster'];

type Records = Awaited<ReturnType<Clients['parametersOf']>>;

let theatre: Theatre;
let clients: Clients;
let cluster: TestCluster;
let voters: readonly string[];
let leader: string;

beforeAll(async () => {
  theatre = await openTheatre();
  clients = openClients(theatre);
  cluster = await theatre.cluster(CLUSTER, 3);
});

afterAll(async () => {
  clients?.close();
  await theatre?.stop();
});

beforeEach(async () => {
  const { status } = await cluster.untilWhole(3, 60);
  leader = status?.leader ?? '';
  voters = (status?.voters ?? []).map(({ name }) => name);
  expect(voters).toContain(leader);
});

const followers = (): readonly string[] => voters.filter((id) => id !== leader);

/** Asks for a look, as the schedule would within a minute. */
async function look(name = CLUSTER): Promise<void> {
  const nonce = `test ${Date.now()}`;
  const body = { etcdAutopilot: 1, request: 'look', cluster: name, from: 'operator', nonce };
  await clients.send(name, JSON.stringify(body));
  await untilIdle();
}

const untilEmptyDiskReported = (name: string, id: string) =>
  vi.waitFor(
    async () => {
      const report = (await clients.parametersOf(name)).get(`reports/${id}`)?.value;
      expect(report).toContain('AUTOPILOT_REPORT=empty-disk');
    },
    { timeout: 20_000, interval: 50 },
  );

/** Looks until every voter answers again. */
const untilHealthy = () =>
  vi.waitFor(
    async () => {
      await look();
      expect(decodeStatus(await parameter('status'))).toMatchObject({ health: 'healthy', waits: [] });
      expect(await cliStatus()).toMatchObject({ code: 0, answer: { health: 'healthy' } });
    },
    { timeout: 60_000, interval: 200 },
  );

const untilIdle = () =>
  vi.waitFor(async () => expect(await clients.waitingCount()).toBe(0), { timeout: 60_000, interval: 50 });

async function parameter(name: string): Promise<string> {
  return (await clients.parametersOf(CLUSTER)).get(name)?.value ?? '';
}

const clusterId = async (): Promise<string> => clusterIdIn(await parameter('bootstrap'));

function clusterIdIn(claimText: string): string {
  const claim = parseJson(claimText);
  return isRecord(claim) ? String(claim['clusterId']) : 'no claim';
}

const byId = (members: Awaited<ReturnType<TestCluster['members']>>) =>
  members.toSorted((a, b) => a.id.localeCompare(b.id));

/** What the etcd of an instance has on its disk. */
const dataOf = (id: string): readonly string[] =>
  readdirSync(join(theatre.region.dir, 'instances', id, 'var/lib/etcd'));

/** The changes of membership that passes have made or tried since the cluster was founded. */
async function membershipSteps(name = CLUSTER): Promise<readonly string[]> {
  const lines = await logOf(theatre.region, name);
  const steps = lines.filter(({ kind }) => MEMBERSHIP.includes(String(kind)));
  return steps.map(({ event, kind }) => (event === 'step.applied' ? `${kind}` : `${kind} refused`));
}

async function cliStatus(name = CLUSTER): Promise<{ readonly code: number; readonly answer: unknown }> {
  const { code, out } = await clients.cli('status', '--cluster', name, '--json');
  return { code, answer: parseJson(out) };
}

async function write(key: string, value: string): Promise<void> {
  const put = await clients.etcdctl(await parameter('endpoints'), 'put', key, value);
  expect(put).toMatchObject({ code: 0, out: 'OK\n' });
}

async function expectKept(key: string, value: string): Promise<void> {
  const got = await clients.etcdctl(await parameter('endpoints'), 'get', key, '--print-value-only');
  expect(got).toMatchObject({ code: 0, out: `${value}\n` });
}

test('S71 a wiped voter does not start with its old ticket: it is removed, joins anew as learner, then votes', async () => {
  const [wiped = ''] = followers();
  const [idBefore, oldMembers] = [await clusterId(), await cluster.members()];
  const oldId = oldMembers.find(({ name }) => name === wiped)?.id;
  await write('/kept', 'S71');
  const stepCount = (await membershipSteps()).length;
  await clients.inflict(wiped, 'wipe');
  await clients.inflict(wiped, 'reboot');

  await untilEmptyDiskReported(CLUSTER, wiped);
  expect(decodeTicket(await parameter(`members/${wiped}`))).toMatchObject({
    state: 'started',
    memberId: oldId,
  });
  await look();
  await cluster.untilWhole(3, 60);
  await look();

  // Before 3.5.30 etcd adds nobody until its members were connected for five seconds; that is tried again.
  const steps = (await membershipSteps()).slice(stepCount).filter((step) => step !== 'addLearner refused');
  expect(steps).toEqual(['removeMember', 'addLearner', 'promoteLearner']);
  const members = await cluster.members();
  expect(members.map(({ name }) => name).sort()).toEqual([...voters].sort());
  expect(members.map(({ id }) => id)).not.toContain(oldId);
  expect(await clusterId()).toBe(idBefore);
  expect(await parameter(`reports/${wiped}`)).toBe('');
  await expectKept('/kept', 'S71');
});

test('S41 all three etcds die with their disks intact: healthy again, and membership is as before', async () => {
  const [before, idBefore] = [await cluster.members(), await clusterId()];
  await write('/kept', 'S41');
  const stepCount = (await membershipSteps()).length;
  const killed = await Promise.all(voters.map((id) => clients.inflict(id, 'kill-etcd')));
  expect(killed).toEqual(voters.map(() => ({ processes: 1 })));
  await look();
  await untilHealthy();
  expect((await membershipSteps()).slice(stepCount)).toEqual([]);
  expect(byId(await cluster.members())).toEqual(byId(before));
  expect(await clusterId()).toBe(idBefore);
  await expectKept('/kept', 'S41');
});

test('S5 parameters deleted by hand are written again from the members that live', async () => {
  const before = await clients.recordsOf(CLUSTER);
  const [members, stepCount] = [await cluster.members(), (await membershipSteps()).length];
  const names = [...before.keys()].filter((name) => name !== 'config').sort();
  const tickets = voters.map((id) => `members/${id}`);
  expect(names).toEqual(['bootstrap', 'endpoints', ...tickets.sort(), 'peers', 'status']);
  const Names = names.map((name) => `${PATH}/${name}`);
  await clients.parameters.send(new DeleteParametersCommand({ Names }));
  await look();

  const after = await clients.recordsOf(CLUSTER);
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  for (const name of ['endpoints', 'peers']) expect(after.get(name)?.value).toBe(before.get(name)?.value);
  for (const name of tickets) {
    const { memberId } = decodeTicket(before.get(name)?.value ?? '') ?? {};
    expect(decodeTicket(after.get(name)?.value ?? '')).toMatchObject({ state: 'started', memberId });
  }
  expect(await clusterId()).toBe(clusterIdIn(before.get('bootstrap')?.value ?? ''));
  expect((await membershipSteps()).slice(stepCount)).toEqual([]);
  expect(byId(await cluster.members())).toEqual(byId(members));
});

test('S15 a frozen etcd is told of and left alone, and the cluster is healthy when it goes on', async () => {
  const [frozen = ''] = followers();
  const [members, stepCount] = [await cluster.members(), (await membershipSteps()).length];
  expect(await clients.inflict(frozen, 'pause-etcd')).toEqual({ processes: 1 });
  await look();
  await look();
  expect(decodeStatus(await parameter('status'))).toMatchObject({
    health: 'degraded',
    waits: [{ kind: 'voterSilent', subject: frozen }],
  });
  const told = { health: 'degraded', waits: [{ kind: 'voterSilent' }] };
  expect(await cliStatus()).toMatchObject({ code: 1, answer: told });
  expect(await parameter(`members/${frozen}`)).toContain('AUTOPILOT_STATE=started');
  expect((await membershipSteps()).slice(stepCount)).toEqual([]);

  await clients.inflict(frozen, 'resume-etcd');
  await untilHealthy();
  expect((await membershipSteps()).slice(stepCount)).toEqual([]);
  expect(byId(await cluster.members())).toEqual(byId(members));
});

describe('S72 two of three voters are wiped while the third is down:', () => {
  const LOST = 'lost';
  let lost: TestCluster;

  beforeAll(async () => {
    lost = await theatre.cluster(LOST, 3);
    await lost.untilWhole(3, 60);
  });

  test('no cluster forms, nothing changes, and quorum is told to be lost', { timeout: 120_000 }, async () => {
    const [third = '', ...wiped] = (await lost.stage.see()).instances.map(({ id }) => id);
    const [endpoint = ''] = (await clients.parametersOf(LOST)).get('endpoints')?.value.split(',') ?? [];
    expect(await clients.etcdctl(endpoint, 'put', '/kept', 'S72')).toMatchObject({ code: 0 });
    const before = await clients.recordsOf(LOST);
    const stepCount = (await membershipSteps(LOST)).length;
    await clients.inflict(third, 'pause-etcd');
    for (const id of wiped) {
      await clients.inflict(id, 'wipe');
      await clients.inflict(id, 'reboot');
    }
    for (const id of wiped) await untilEmptyDiskReported(LOST, id);
    for (let count = 0; count < 2; count += 1) await look(LOST);
    await expectNothingDone(before, stepCount);

    // It dies, and its boot script starts it again: with its data, but alone.
    expect(await clients.inflict(third, 'kill-etcd')).toEqual({ processes: 1 });
    await vi.waitFor(
      async () => expect(await clients.inflict(third, 'resume-etcd')).toEqual({ processes: 1 }),
      { timeout: 20_000, interval: 100 },
    );
    await look(LOST);
    await expectNothingDone(before, stepCount);
    expect(dataOf(third)).toEqual(['member']);
    for (const id of wiped) expect(dataOf(id), id).toEqual([]);
  });

  /** Every record but `status` and the reports is as it was, and both ways of asking say what is wrong. */
  async function expectNothingDone(before: Records, stepCount: number): Promise<void> {
    expect((await membershipSteps(LOST)).slice(stepCount)).toEqual([]);
    const after = await clients.recordsOf(LOST);
    for (const [name, stored] of before) if (name !== 'status') expect(after.get(name), name).toEqual(stored);
    const waits = [{ kind: 'quorumUnknown' }];
    expect(decodeStatus(after.get('status')?.value ?? '')).toMatchObject({ health: 'quorumLost', waits });
    expect(await cliStatus(LOST)).toMatchObject({
      code: 1,
      answer: { health: 'quorumLost', members: [], waits },
    });
  }
});
