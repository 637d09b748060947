import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetParametersByPathCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { decodeStatus } from '../../functions/core/status.ts';
import { makeAuthority } from '../../infra/local/certificates.ts';
import { type Security, secure } from '../../infra/local/security.ts';
import { type Clients, openClients, type Ran, run } from './clients.ts';
import { messagesOf } from './logs.ts';
import { reachesAtLocalhost } from './secured-workers.ts';
import { shortenPasses } from './shortened.ts';
import { openTheatre, type TestCluster, type Theatre } from './stage.ts';

/** A cluster with TLS, whose operator then switches users on in etcd. Each test begins with three healthy voters. */
const CLUSTER = 'core';
const SECRETS = `/etcd-autopilot-secrets/${CLUSTER}`;
const DOMAIN = 'ec2.internal';
const authority = makeAuthority('test authority');

let theatre: Theatre;
let clients: Clients;
let cluster: TestCluster;
let security: Security;

beforeAll(async () => {
  theatre = await openTheatre();
  await shortenPasses(theatre, 20);
  clients = openClients(theatre);
  const { region, etcdDir } = theatre;
  const asked = { cluster: CLUSTER, dir: region.dir, etcdDir, tls: true, auth: true };
  security = await secure(region, { ...asked, authority });
  cluster = await theatre.cluster(CLUSTER, 3, security.parameters);
  await cluster.untilWhole(3, 60);
});

afterAll(async () => {
  clients?.close();
  await theatre?.stop();
});

const parameter = async (name: string): Promise<string> =>
  (await clients.parametersOf(CLUSTER)).get(name)?.value ?? '';

/** The secrets of the cluster, by their names. */
async function secrets(): Promise<ReadonlyMap<string, string>> {
  const answer = await clients.parameters.send(
    new GetParametersByPathCommand({ Path: SECRETS, WithDecryption: true }),
  );
  return new Map(
    (answer.Parameters ?? []).map(({ Name = '', Value = '' }) => [Name.slice(SECRETS.length + 1), Value]),
  );
}

const write = (name: string, Type: 'String' | 'SecureString', Value: string): Promise<unknown> =>
  clients.parameters.send(
    new PutParameterCommand({ Name: `${SECRETS}/${name}`, Type, Value, Overwrite: true }),
  );

/** An operator's etcdctl, as `<dir>/env` gives it to other terminals; with the user, if so asked. */
async function etcdctl(user: string, ...args: readonly string[]): Promise<Ran> {
  const endpoints = await parameter('endpoints');
  const variables = { ...security.client.variables, ETCDCTL_ENDPOINTS: endpoints };
  const login = user === '' ? {} : { ETCDCTL_USER: user };
  return run(join(security.client.path[0] ?? '', 'etcdctl'), args, { ...variables, ...login });
}

const password = (): string => readFileSync(join(theatre.region.dir, 'password'), 'utf8');
const asRoot = (...args: readonly string[]): Promise<Ran> => etcdctl(`root:${password()}`, ...args);

async function memberIds(user = ''): Promise<readonly string[]> {
  const { code, out, err } = await etcdctl(user, 'member', 'list');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.split('\n').flatMap((line) => line.split(',')[0] || []);
}

/** Asks for a look, as the schedule would within a minute, and waits until the pass is over. */
async function look(): Promise<void> {
  const body = {
    etcdAutopilot: 1,
    request: 'look',
    cluster: CLUSTER,
    from: 'operator',
    nonce: `${Date.now()}`,
  };
  await clients.send(CLUSTER, JSON.stringify(body));
  await vi.waitFor(async () => expect(await clients.waitingCount()).toBe(0), {
    timeout: 60_000,
    interval: 50,
  });
}

async function told(): Promise<{ readonly kinds: readonly string[]; readonly text: string }> {
  const answer = parseJson((await clients.cli('status', '--cluster', CLUSTER, '--json')).out);
  const waits = isRecord(answer) && Array.isArray(answer['waits']) ? answer['waits'].filter(isRecord) : [];
  return {
    kinds: waits.map(({ kind }) => String(kind)),
    text: waits.map(({ text }) => String(text)).join('\n'),
  };
}

const untilHealthy = (): Promise<unknown> =>
  vi.waitFor(
    async () => {
      await look();
      expect(decodeStatus(await parameter('status'))).toMatchObject({ health: 'healthy', waits: [] });
    },
    { timeout: 60_000, interval: 200 },
  );

/** Until others stand for who is gone, with looks as the schedule would bring them, only sooner. */
async function untilReplaced(gone: string): Promise<void> {
  let isOver = false;
  const whole = cluster.untilWhole(3, 60, gone).finally(() => {
    isOver = true;
  });
  const looks = async () => {
    for (; !isOver; await sleep(1_000)) await look();
  };
  await Promise.all([whole, looks()]);
}

async function someFollower(): Promise<string> {
  const { status } = await cluster.untilWhole(3, 60);
  return status?.voters.find(({ name }) => name !== status.leader)?.name ?? '';
}

async function replaceOne(): Promise<void> {
  const gone = await someFollower();
  await cluster.stage.terminate(gone);
  await untilReplaced(gone);
}

describe('with TLS', () => {
  test.each(['gateway', 'grpc-proxy'] as const)(
    'etcd is reached at the localhost of a worker, by %s',
    (kind) => reachesAtLocalhost(theatre, clients, CLUSTER, kind),
  );

  test('members are named, and a voter is replaced', async () => {
    await replaceOne();
    const endpoints = (await parameter('endpoints')).split(',');
    const { instances } = await cluster.stage.see();
    expect(endpoints).toEqual(instances.map(({ id }) => `https://${id}.${DOMAIN}:2379`).sort());
    expect(await etcdctl('', 'put', 'kept', 'yes')).toMatchObject({ code: 0, out: 'OK\n' });
  });

  test('S64 a certificate for another name starts nobody, is no death, and is mended by the right one alone', async () => {
    const before = await memberIds();
    const all = await secrets();
    const follower = await someFollower();
    const misnamed = authority.issue({ commonName: 'member', names: ['*.elsewhere.internal'] });
    await write('member-cert', 'String', misnamed.cert);
    await write('member-key', 'SecureString', misnamed.key);
    await clients.inflict(follower, 'kill-etcd');
    const refusal = `not starting etcd: the certificate of the parameter ${SECRETS}/member-key is not for ${follower}.${DOMAIN}`;
    await vi.waitFor(() => expect(consoleOf(follower)).toContain(refusal), { timeout: 30_000, interval: 50 });
    await look();
    expect(await told()).toMatchObject({ kinds: ['voterSilent'], text: expect.stringContaining(follower) });
    expect((await told()).text).toContain('another machine would not mend that');
    expect(await memberIds()).toEqual(before);

    await write('member-cert', 'String', all.get('member-cert') ?? '');
    await write('member-key', 'SecureString', all.get('member-key') ?? '');
    await untilHealthy();
    expect(await memberIds()).toEqual(before);
  });

  test('S64 an autopilot whose certificate nobody trusts says so, and changes nothing', async () => {
    const before = await memberIds();
    const all = await secrets();
    const stranger = makeAuthority('somebody else').issue({ commonName: 'etcd-autopilot' });
    await write('client-cert', 'String', stranger.cert);
    await write('client-key', 'SecureString', stranger.key);
    const follower = await someFollower();
    await cluster.stage.terminate(follower);
    await look();
    const { kinds, text } = await told();
    expect(kinds).toContain('accessRefused');
    expect(text).toContain('certificates');
    expect(await memberIds()).toEqual(before);

    await write('client-cert', 'String', all.get('client-cert') ?? '');
    await write('client-key', 'SecureString', all.get('client-key') ?? '');
    await untilReplaced(follower);
  });

  test('no secret is in a String parameter, in user data, a log, an argument list or an environment', async () => {
    const all = await secrets();
    const needles = ['member-key', 'client-key', 'password'].map((name) => {
      const value = all.get(name) ?? '';
      return value.split('\n')[1] ?? value;
    });
    expect(needles.filter((text) => text.length < 20)).toEqual([]);
    const { instances } = await cluster.stage.see();
    const restarted = instances[0]?.id ?? '';
    await clients.inflict(restarted, 'kill-etcd');
    const seen = new Set<string>();
    // While one brings its certificates again.
    const until = Date.now() + 3_000;
    while (Date.now() < until) {
      for (const text of processTexts()) seen.add(text);
      await sleep(5);
    }
    expect(
      [...seen].some((text) => text.includes('ETCD_NAME')),
      'looked at an etcd',
    ).toBe(true);
    expect(
      [...seen].some((text) => text.startsWith('curl')),
      'looked at the fetching',
    ).toBe(true);
    await untilHealthy();
    const logs = await Promise.all(
      ['membership', 'custom-resources'].map((name) => messagesOf(theatre.region, name)),
    );
    const places = [...(await stringParameters()), ...filesOfMachines(), stageLog(), ...logs.flat(), ...seen];
    // What certainly is there: the name of the key in user data, what the functions have done in their logs.
    for (const known of [`TLS_KEY=${SECRETS}/member-key`, 'pass.finished', 'resource.answered'])
      expect(
        places.some((text) => text.includes(known)),
        known,
      ).toBe(true);
    for (const [at, needle] of needles.entries())
      expect(
        places.filter((text) => text.includes(needle)).map((text) => text.slice(0, 80)),
        `${at}`,
      ).toEqual([]);
  });
});

describe('with users switched on in etcd', () => {
  test('S65 nothing is interrupted: nobody gets in without, the operator does, and a voter is replaced', async () => {
    await security.switchUsersOn(await parameter('endpoints'));
    expect((await etcdctl('', 'put', 'kept', 'no')).code).not.toBe(0);
    expect(await asRoot('get', 'kept', '--print-value-only')).toMatchObject({ code: 0, out: 'yes\n' });
    await untilHealthy();
    await replaceOne();
    await untilHealthy();
    expect(await asRoot('get', 'kept', '--print-value-only')).toMatchObject({ code: 0, out: 'yes\n' });
  });

  test('a wrong password is told as denied, and removes nobody', async () => {
    const before = await memberIds(`root:${password()}`);
    const follower = await someFollower();
    await write('password', 'SecureString', 'not-the-password');
    await look();
    const { kinds, text } = await told();
    expect(kinds).toContain('accessRefused');
    expect(text).toMatch(/user/);
    await cluster.stage.terminate(follower);
    await look();
    expect(await memberIds(`root:${password()}`)).toEqual(before);
    await write('password', 'SecureString', password());
    await untilReplaced(follower);
  });
});

async function stringParameters(): Promise<readonly string[]> {
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await clients.parameters.send(
      new GetParametersByPathCommand({ Path: '/', Recursive: true, NextToken }),
    );
    found.push(...(page.Parameters ?? []).map(({ Name, Value }) => `${Name} ${Value}`));
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

const consoleOf = (id: string): string => readFileSync(join(machinesDir(), id, 'console.log'), 'utf8');
const machinesDir = (): string => join(theatre.region.dir, 'instances');

/** User data, console, and what the boot script keeps: everything but the certificates and the data of etcd. */
function filesOfMachines(): readonly string[] {
  return readdirSync(machinesDir(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\/tls(\/|$)|\/var\/lib\/etcd(\/|$)/.test(entry.parentPath))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

const stageLog = (): string => readFileSync(join(theatre.region.dir, 'ministack.log'), 'utf8');

/** Argument list and environment of every process of the machines: their group is that of their init. */
function processTexts(): readonly string[] {
  const groups = new Set(
    theatre.region.groups.instances().map(({ id }) => theatre.region.machines.pidOf(id)),
  );
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      const fields = readQuietly(`/proc/${pid}/stat`)
        .replace(/^.*\) /s, '')
        .split(' ');
      return groups.has(Number(fields[2]));
    })
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readQuietly(`/proc/${pid}/${file}`)));
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}
