import { describe, expect, test } from 'vitest';
import type { EtcdAccess, Secret } from '../../functions/core/access.ts';
import { explainWait } from '../../functions/core/explain.ts';
import { runPass } from '../../functions/engine/pass.ts';
import { CLUSTER, FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { AUTH, DOMAIN, SECURE, secretsOf } from '../support/secrets.ts';
import {
  denied,
  expectSafe,
  expectWhole,
  followerOf,
  minutes,
  setConfig,
  snapshot,
  throttled,
  waitKinds,
} from '../support/story.ts';

const SECRETS = secretsOf();

/** A cluster with TLS and a user, whose secrets are in order. */
async function secured(size: number, config: object = { ...SECURE, ...AUTH }): Promise<FakeWorld> {
  const world = new FakeWorld(size, { ...config });
  for (const [name, secret] of SECRETS) world.secrets.set(name, secret);
  await world.settle();
  expectWhole(world, size);
  return world;
}

/** Calls of ports, as `port.method`, during some work. */
async function callsDuring(world: FakeWorld, work: () => Promise<unknown>): Promise<readonly string[]> {
  const calls: string[] = [];
  world.interfere = (call) => calls.push(call);
  await work();
  world.interfere = () => undefined;
  return calls;
}

describe('a cluster with TLS', () => {
  test('is founded, published and changed under the names of its certificates', async () => {
    const world = await secured(3);
    const names = world.voters().map((id) => `https://${id}.${DOMAIN}:2379`);
    expect(world.parameters.get(`${PATH}endpoints`)).toBe(names.join());
    expect(world.parameters.get(`${PATH}peers`)).toContain(`.${DOMAIN}:2380`);
    expect(world.parameters.get(`${PATH}bootstrap`)).not.toContain('10.0.0.');
    for (const instance of world.instances) {
      const ticket = world.parameters.get(`${PATH}members/${instance.id}`) ?? '';
      expect(ticket).toContain(`ETCD_LISTEN_CLIENT_URLS=https://${instance.address}:2379`);
      expect(ticket).toContain(`ETCD_ADVERTISE_CLIENT_URLS=https://${instance.id}.${DOMAIN}:2379`);
    }
    world.terminate(world.leaderName);
    await world.settle();
    expectWhole(world, 3);
  });

  test('takes an instance that has the address of a dead one, under its own name', async () => {
    const world = await secured(3);
    const victim = followerOf(world);
    world.addresses.push(world.instance(victim).address);
    world.vanish(victim);
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(victim);
  });

  test('is connected to at the address that EC2 gives, and never at one that a name resolves to', async () => {
    const world = await secured(3);
    const seen: EtcdAccess[] = [];
    const ports = world.ports();
    const openEtcd = (access: EtcdAccess) => {
      seen.push(access);
      return ports.openEtcd(access);
    };
    const request = { cluster: CLUSTER, owner: 'me', deadlineMs: world.nowMs + 48_000, groupName: null };
    await runPass({ ...ports, openEtcd }, { ...request, mode: 'look' });
    const [access] = seen;
    const [instance] = world.instances;
    expect(seen).toHaveLength(1);
    expect(access?.addressOf(`${instance?.id}.${DOMAIN}`)).toBe(instance?.address);
    expect(access?.addressOf('elsewhere.test')).toBeNull();
    expect(access?.auth).toEqual({ user: 'root', password: 'right' });
    expect(access?.tls?.ca).toBe(SECRETS.get(SECURE.tls.ca)?.value);
  });
});

describe('the secrets of a cluster', () => {
  test('are read once in a pass of many looks, and not at all where none are configured', async () => {
    const world = await secured(3);
    world.terminate(followerOf(world));
    world.tick();
    const calls = await callsDuring(world, () => world.pass());
    expect(calls.filter((call) => call === 'secrets.read')).toHaveLength(1);
    expect(calls.filter((call) => call === 'scaling.listGroups').length).toBeGreaterThan(5);

    const plain = new FakeWorld(3);
    expect(await callsDuring(plain, () => plain.settle())).not.toContain('secrets.read');
  });

  const bad = (name: string, secret: Secret | null) => ({ name, secret });
  test.each([
    bad(SECURE.tls.ca, null),
    bad(SECURE.tls.ca, { value: 'no pem', isSecure: false }),
    bad(SECURE.tls.key, { value: SECRETS.get(SECURE.tls.key)?.value ?? '', isSecure: false }),
    bad(AUTH.auth.password, null),
    bad(AUTH.auth.password, { value: 'right', isSecure: false }),
  ])('that cannot be used let nothing change, while heartbeats go on: $name', async ({ name, secret }) => {
    const world = await secured(3);
    const leaver = followerOf(world);
    world.terminate(leaver);
    world.tick();
    if (secret === null) world.secrets.delete(name);
    else world.secrets.set(name, secret);
    const before = snapshot(world);
    const calls = await callsDuring(world, () => minutes(world, 3));
    expect(snapshot(world)).toEqual(before);
    expect(calls.filter((call) => call.startsWith('etcd.'))).toEqual([]);
    expect(world.heartbeats.filter((id) => id === leaver).length).toBeGreaterThanOrEqual(3);

    const [wait] = (await world.pass()).waits;
    if (wait?.kind !== 'secretsUnreadable') throw new Error(`waits for ${wait?.kind}`);
    expect(explainWait(CLUSTER, wait)).toContain(name);
    world.secrets.set(name, SECRETS.get(name) ?? { value: '', isSecure: true });
    await world.settle();
    expectWhole(world, 3);
  });

  test('that may not be read are a wait which names them', async () => {
    const world = await secured(3);
    const before = snapshot(world);
    world.failing.set('secrets.read', denied);
    const report = await minutes(world, 2);
    expect(waitKinds(report)).toEqual(['secretsUnreadable']);
    expect(JSON.stringify(report.waits)).toContain(SECURE.tls.ca);
    expect(snapshot(world)).toEqual(before);
  });

  test('that could not be read this time are asked for again, and nothing changes meanwhile', async () => {
    const world = await secured(3);
    const before = snapshot(world);
    world.failing.set('secrets.read', throttled);
    const report = await world.pass();
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'AWS_THROTTLED' } });
    expect(snapshot(world)).toEqual(before);
    world.failing.clear();
    expect((await world.pass()).outcome).toBe('settled');
  });
});

describe('settings edited by hand', () => {
  test.each([
    ['to TLS', () => secured(3, {}), { ...SECURE, scheme: undefined }],
    ['to http', () => secured(3), { dns: undefined, tls: undefined, scheme: undefined }],
    ['to another domain', () => secured(3), { dns: { domain: 'other.test' } }],
  ])('%s freeze a founded cluster, with the reason', async (_title, found, change) => {
    const world = await found();
    const leaver = followerOf(world);
    world.terminate(leaver);
    world.tick();
    const configText = world.parameters.get(`${PATH}config`) ?? '';
    setConfig(world, change);
    const before = snapshot(world);
    const report = await minutes(world, 2);
    expect(waitKinds(report)).toEqual(['configInvalid']);
    expect(JSON.stringify(report.waits)).toContain('the cluster was founded');
    expect(snapshot(world)).toEqual(before);
    expect(world.heartbeats).toContain(leaver);
    world.parameters.set(`${PATH}config`, configText);
    await world.settle();
    expectWhole(world, 3);
  });

  test('may give a running cluster a user, and take it away', async () => {
    const world = await secured(3, SECURE);
    setConfig(world, AUTH);
    expect((await world.pass()).outcome).toBe('settled');
    setConfig(world, { auth: undefined });
    expect((await world.pass()).outcome).toBe('settled');
  });
});

describe('S64, S65 etcd that does not let the autopilot in', () => {
  test('is unknown, never dead: nothing is removed, reported or abandoned, and the reason is told', async () => {
    const world = await secured(3);
    const leaver = followerOf(world);
    world.terminate(leaver);
    world.tick();
    for (const process of world.etcd.processes.values()) process.denies = true;
    const before = world.effects.length;
    const report = await minutes(world, 10);
    expect(world.effects.slice(before).filter((name) => name !== 'write status')).toEqual([]);
    expect(waitKinds(report)).toEqual(expect.arrayContaining(['quorumUnknown', 'accessRefused']));
    const refused = report.waits.find(({ kind }) => kind === 'accessRefused');
    expect(refused).toMatchObject({ because: 'denied', instanceIds: [...world.voters()] });
    expect(world.heartbeats.filter((id) => id === leaver).length).toBeGreaterThanOrEqual(10);
    for (const process of world.etcd.processes.values()) process.denies = false;
    await world.settle();
    expectSafe(world);
    expectWhole(world, 3);
  });
});
