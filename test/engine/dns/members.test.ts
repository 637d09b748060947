import { beforeEach, describe, expect, test } from 'vitest';
import type { RecordSet } from '../../../functions/core/dns/zone-port.ts';
import { TAG } from '../../../functions/core/names.ts';
import { CLUSTER, codesIn, DnsScene, ZONE } from '../../simulation/fronts/dns-scene.ts';

const DOMAIN = 'core.example.com';
const CONFIG = { dns: { domain: DOMAIN, zone: ZONE } };
const SERVER = `_etcd-server._tcp.${DOMAIN}`;
const CLIENT = `_etcd-client._tcp.${DOMAIN}`;

let scene = new DnsScene(CONFIG);
let ids: readonly string[] = [];

/** What membership publishes of these members. */
function publish(members: readonly string[]): void {
  const urls = scene.addressesOf(members);
  const addressOf = (id: string): string => scene.addressesOf([id])[0] ?? '';
  scene.parameters.set(scene.path('peers'), members.map((id) => `${id}=http://${addressOf(id)}:2380`).join());
  scene.parameters.set(scene.path('endpoints'), urls.map((address) => `http://${address}:2379`).join());
}

const valuesAt = (name: string): readonly string[] => scene.zone.at(name).flatMap(({ values }) => values);
const targets = (members: readonly string[], port: number): readonly string[] =>
  members.map((id) => `0 0 ${port} ${id}.${DOMAIN}`).sort();

beforeEach(() => {
  scene = new DnsScene(CONFIG);
  scene.fleet.addGroup({ name: 'members', role: 'member', desired: 3, tags: { [TAG.dnsZone]: ZONE } });
  scene.fleet.tick(1);
  ids = scene.fleet.of('members').map(({ id }) => id);
});

describe('a member has its name', () => {
  test('before its etcd starts, and services when it is one', async () => {
    await scene.run();
    for (const id of ids) expect(valuesAt(`${id}.${DOMAIN}`)).toEqual(scene.addressesOf([id]));
    expect(valuesAt(SERVER)).toEqual([]);
    scene.pass(12);
    publish(ids);
    await scene.run();
    expect(valuesAt(SERVER)).toEqual(targets(ids, 2380));
    expect(valuesAt(CLIENT)).toEqual(targets(ids, 2379));
    expect(valuesAt(`_etcd-autopilot.${DOMAIN}`)).toHaveLength(1);
    const count = scene.zone.batches.length;
    await scene.run();
    expect(scene.zone.batches).toHaveLength(count);
  });

  test('as long as it is a member, however its instance stands', async () => {
    scene.pass(12);
    publish(ids);
    await scene.run();
    const [first = '', ...others] = ids;
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    await scene.run();
    expect(valuesAt(`${first}.${DOMAIN}`)).toHaveLength(1);
    publish(others);
    await scene.run();
    expect(valuesAt(`${first}.${DOMAIN}`)).toEqual([]);
    expect(valuesAt(SERVER)).toEqual(targets(others, 2380));
    expect(scene.fleet.ends).toEqual([]);
  });
});

describe('under TLS', () => {
  test('services have their other names, and the old ones go', async () => {
    scene.pass(12);
    publish(ids);
    await scene.run();
    const tls = { ca: '/x/ca', cert: '/x/cert', key: '/x/key' };
    scene.configure({ ...CONFIG, tls });
    const urls = ids.map((id) => `https://${id}.${DOMAIN}:2379`).join();
    scene.parameters.set(scene.path('endpoints'), urls);
    await scene.run();
    expect(valuesAt(`_etcd-server-ssl._tcp.${DOMAIN}`)).toEqual(targets(ids, 2380));
    expect(valuesAt(`_etcd-client-ssl._tcp.${DOMAIN}`)).toEqual(targets(ids, 2379));
    expect([...valuesAt(SERVER), ...valuesAt(CLIENT)]).toEqual([]);
  });
});

describe('services are never emptied while the cluster lives (R6)', () => {
  test.each(['endpoints', 'peers'])('a list of %s that is gone changes nothing', async (name) => {
    scene.pass(12);
    publish(ids);
    await scene.run();
    scene.parameters.delete(scene.path(name));
    expect(codesIn(await scene.run())).toEqual([]);
    expect(valuesAt(SERVER)).toEqual(targets(ids, 2380));
    expect(valuesAt(CLIENT)).toEqual(targets(ids, 2379));
  });

  test('a configuration that is gone without the intent to delete leaves the names alone', async () => {
    scene.pass(12);
    publish(ids);
    await scene.run();
    const records = [...scene.zone.records.values()];
    scene.parameters.delete(scene.path('config'));
    expect(codesIn(await scene.run())).toEqual(['unknownCluster']);
    expect([...scene.zone.records.values()]).toEqual(records);
  });
});

describe('a cluster that is deleted takes its names along (S54)', () => {
  test('with the intent, and nothing comes back', async () => {
    scene.pass(12);
    publish(ids);
    await scene.run();
    scene.parameters.set(scene.path('teardown'), '{}');
    await scene.run();
    expect([...scene.zone.records.values()]).toEqual([]);
    expect(scene.stateText).toBeUndefined();
    await scene.run();
    expect([...scene.zone.records.values()]).toEqual([]);
    expect([...scene.parameters.keys()].filter((name) => name.includes('/dns/'))).toEqual([]);
  });

  test('also where only its memory is left', async () => {
    scene.pass(12);
    publish(ids);
    await scene.run();
    scene.fleet.groups.clear();
    for (const name of ['config', 'peers', 'endpoints']) scene.parameters.delete(scene.path(name));
    await scene.run({ cluster: CLUSTER });
    expect([...scene.zone.records.values()]).toEqual([]);
    expect(scene.parameters.size).toBe(0);
  });
});

describe('what stands in the way', () => {
  const foreign = (over: Partial<RecordSet>): RecordSet => ({
    name: SERVER,
    type: 'SRV',
    setIdentifier: null,
    routing: 'simple',
    ttlSeconds: 60,
    values: ['0 0 1 x.example.com'],
    healthCheckId: null,
    ...over,
  });

  test('services that somebody else wrote before: the domain is left alone', async () => {
    scene.zone.put(foreign({}));
    expect(codesIn(await scene.run())).toEqual(['nameForeign']);
    expect([...scene.zone.records.values()]).toEqual([foreign({})]);
  });

  test('an alias at the name of a member: the others have theirs', async () => {
    await scene.run();
    const [first = ''] = ids;
    const alias = foreign({ name: `${first}.${DOMAIN}`, type: 'CNAME', values: ['x.example.com'] });
    for (const record of scene.zone.at(alias.name)) scene.zone.delete(record);
    scene.zone.put(alias);
    scene.pass(12);
    publish(ids);
    expect(codesIn(await scene.run())).toContain('recordForeign');
    expect(scene.zone.at(alias.name)).toEqual([alias]);
    expect(valuesAt(SERVER)).toEqual(targets(ids.slice(1), 2380));
  });

  test('a service that was edited by hand is repaired', async () => {
    scene.pass(12);
    publish(ids);
    await scene.run();
    scene.zone.put(foreign({}));
    expect(codesIn(await scene.run())).toEqual(['edited']);
    expect(valuesAt(SERVER)).toEqual(targets(ids, 2380));
  });

  test('a memory that was deleted is made anew, and forgets no name', async () => {
    scene.pass(12);
    publish(ids);
    await scene.run();
    scene.parameters.delete(scene.path(`dns/${ZONE}`));
    const [first = '', ...others] = ids;
    publish(others);
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(3);
    await scene.run();
    expect(valuesAt(`${first}.${DOMAIN}`)).toEqual([]);
    const living = scene.fleet.of('members').map(({ id }) => id);
    expect(living).not.toContain(first);
    const below = ['_etcd-client._tcp', '_etcd-server._tcp', ...living];
    expect(JSON.parse(scene.stateText ?? '').below[DOMAIN]).toEqual(below);
  });
});

test('a name is read before all that lies below it: one answer of Route 53 tells of both', async () => {
  scene.pass(12);
  publish(ids);
  const read: unknown[] = [];
  scene.gate = (call, given) => {
    if (call.name === 'zones.listName') read.push(given[1]);
    return call.send(...given);
  };
  await scene.run();
  expect(read).toHaveLength(9);
  expect(read[0]).toBe(DOMAIN);
});
