import { beforeEach, describe, expect, test } from 'vitest';
import type { RecordSet } from '../../../functions/core/dns/zone-port.ts';
import { TAG, WORKER_HOOK } from '../../../functions/core/names.ts';
import { CLUSTER, codesIn, DnsScene, OWNER, ZONE } from '../../simulation/fronts/dns-scene.ts';

const WEB = 'web.example.com';
const MARK = `_etcd-autopilot.${WEB}`;
const record = (over: Partial<RecordSet>): RecordSet => ({
  name: WEB,
  type: 'A',
  setIdentifier: null,
  routing: 'simple',
  ttlSeconds: 30,
  values: ['192.0.2.1'],
  healthCheckId: null,
  ...over,
});
const multivalue = (setIdentifier: string, over: Partial<RecordSet> = {}): RecordSet =>
  record({ setIdentifier, routing: 'multivalue', ...over });

let scene = new DnsScene();
beforeEach(() => {
  scene = new DnsScene();
});

describe('what is somebody else’s is left alone and told', () => {
  test.each([
    [
      'a mark of another cluster',
      record({
        name: MARK,
        type: 'TXT',
        values: ['"etcd-autopilot cluster=other owner=123456789012/eu-west-1/x"'],
      }),
    ],
    [
      'a mark of another account',
      record({
        name: MARK,
        type: 'TXT',
        values: [`"etcd-autopilot cluster=core owner=999999999999/eu-west-1/x"`],
      }),
    ],
    ['another text in its place', record({ name: MARK, type: 'TXT', values: ['"v=spf1"'] })],
    ['a record without a mark', record({})],
    ['an alias without a mark', record({ routing: 'other', ttlSeconds: null, values: [] })],
    ['records of instances that nobody knows', multivalue('i-00000000000000999')],
  ])('%s: the name stays as it is', async (_, foreign) => {
    scene.zone.put(foreign);
    const ids = scene.serve('web', 2);
    scene.fleet.terminate(scene.fleet.instance(ids[0] ?? ''));
    scene.pass(2);
    const report = await scene.run();
    expect([...scene.zone.records.values()]).toEqual([foreign]);
    expect(codesIn(report)).toEqual(['nameForeign']);
    expect(scene.fleet.ends).toHaveLength(1);
    expect(JSON.parse(scene.stateText ?? '')).toMatchObject({
      names: [],
      findings: [{ code: 'nameForeign', subject: WEB }],
    });
  });

  test('the stack that a mark names is no part of whose it is', async () => {
    scene.serve('web', 2);
    await scene.run();
    const report = await scene.run({ owner: OWNER.replace(/[^/]+$/, 'renamed') });
    expect(codesIn(report)).toEqual([]);
    expect(scene.zone.batches).toHaveLength(1);
  });

  test('a record beside ours, of no instance: ours are kept all the same', async () => {
    scene.serve('web', 2);
    await scene.run();
    const foreign = multivalue('by-hand');
    scene.zone.put(foreign);
    scene.fleet.group('web').desired = 3;
    scene.pass(12);
    const report = await scene.run();
    expect(scene.zone.at(WEB)).toContainEqual(foreign);
    expect(scene.web).toHaveLength(4);
    expect(codesIn(report)).toEqual(['recordForeign']);
  });

  test('mail and texts at the name are nobody’s concern', async () => {
    scene.zone.put(record({ type: 'MX', values: ['10 mail.example.com'] }));
    scene.zone.put(record({ type: 'TXT', values: ['"v=spf1"'] }));
    scene.serve('web', 2);
    expect(codesIn(await scene.run())).toEqual([]);
    expect(scene.web).toHaveLength(2);
  });

  test('of two clusters that want a name one has it, the same one for ever', async () => {
    scene.configure({}, 'ante');
    scene.serve('web', 1);
    scene.serve('other', 1, { cluster: 'ante' });
    for (let pass = 0; pass < 2; pass += 1) {
      const report = await scene.run();
      expect(
        report.clusters.map(({ cluster, findings }) => [cluster, findings.map(({ code }) => code)]),
      ).toEqual([
        ['ante', []],
        ['core', ['nameForeign']],
      ]);
    }
    expect(scene.web).toHaveLength(1);
  });
});

describe('what was edited by hand is repaired within one look and told (S53)', () => {
  const edits: Readonly<Record<string, (one: RecordSet, mark: RecordSet) => void>> = {
    'another address': (one) => scene.zone.put({ ...one, values: ['192.0.2.1'] }),
    'another TTL': (one) => scene.zone.put({ ...one, ttlSeconds: 3_600 }),
    'a health check': (one) => scene.zone.put({ ...one, healthCheckId: 'h-1' }),
    'a record deleted': (one) => scene.zone.delete(one),
    'the mark deleted': (_, mark) => scene.zone.delete(mark),
    'a record of an instance that is no more': (one) =>
      scene.zone.put({ ...one, setIdentifier: 'i-00000000000000fff' }),
  };
  test.each(Object.entries(edits))('%s', async (_, edit) => {
    scene.serve('web', 2);
    await scene.run();
    const before = [...scene.zone.records.values()];
    const [one = record({})] = scene.zone.at(WEB);
    const [mark = record({})] = scene.zone.at(MARK);
    edit(one, mark);
    const report = await scene.run();
    expect(codesIn(report)).toEqual(['edited']);
    expect(new Set(scene.zone.records.values())).toEqual(new Set(before));
    expect(codesIn(await scene.run())).toEqual([]);
  });

  test('a change of the autopilot’s own is no edit', async () => {
    const [first = ''] = scene.serve('web', 2);
    await scene.run();
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    expect(codesIn(await scene.run())).toEqual([]);
  });
});

describe('bad input has its reason, and the rest is published', () => {
  test('a cluster that nobody registered', async () => {
    scene.serve('web', 2);
    scene.serve('stray', 1, { cluster: 'nowhere', tags: { [TAG.dnsName]: 'stray.example.com' } });
    const report = await scene.run();
    expect(codesIn(report)).toEqual(['unknownCluster']);
    expect(scene.web).toHaveLength(2);
    expect(scene.zone.at('stray.example.com')).toEqual([]);
    expect([...scene.parameters.keys()].filter((name) => name.includes('nowhere'))).toEqual([]);
  });

  test('a group whose cluster is no name of one: its hooks are let go', async () => {
    scene.serve('web', 2);
    const [first = ''] = scene.serve('stray', 1, { cluster: 'Not A Name' });
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    const report = await scene.run();
    expect(report.clusters.map(({ cluster }) => cluster)).toEqual(['(none)', 'core']);
    expect(codesIn(report)).toEqual(['unknownCluster', 'unknownCluster']);
    expect(scene.fleet.ends).toHaveLength(1);
    expect(scene.web).toHaveLength(2);
  });

  test('a zone that Route 53 does not have: nobody is held for it', async () => {
    const [first = ''] = scene.serve('web', 2);
    await scene.run();
    scene.zone.zone = 'unknown';
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    expect(codesIn(await scene.run())).toEqual(['unknownZone']);
    expect(scene.fleet.ends).toHaveLength(1);
  });

  test('a name outside the zone', async () => {
    scene.serve('web', 2);
    scene.serve('far', 1, { tags: { [TAG.dnsName]: 'web.example.org' } });
    const report = await scene.run();
    expect(codesIn(report)).toEqual(['nameOutsideZone']);
    expect(JSON.parse(scene.stateText ?? '').findings).toMatchObject([
      { code: 'nameOutsideZone', subject: 'web.example.org' },
    ]);
    expect(scene.web).toHaveLength(2);
  });

  test('tags that cannot be read keep what is published, and the groups beside them', async () => {
    scene.serve('web', 2);
    scene.serve('api', 1, { tags: { [TAG.dnsName]: 'api.example.com' } });
    await scene.run();
    scene.fleet.group('api').tags.set(TAG.dnsName, 'no name');
    scene.fleet.group('web').desired = 3;
    scene.pass(12);
    const report = await scene.run();
    expect(codesIn(report)).toEqual(['dnsTagsInvalid']);
    expect(scene.zone.addresses('api.example.com')).toHaveLength(1);
    expect(scene.web).toHaveLength(3);
  });

  test('instances without the address that was asked for', async () => {
    scene.serve('web', 2);
    scene.serve('six', 2, { tags: { [TAG.dnsAddress]: 'ipv6' } });
    const report = await scene.run();
    expect(codesIn(report)).toEqual(['addressMissing']);
    expect(report.clusters[0]?.findings[0]?.subject).toBe('six');
    expect(scene.web).toHaveLength(2);
  });

  test('a change to another kind of address never empties the name', async () => {
    scene.serve('web', 2);
    await scene.run();
    scene.fleet.group('web').tags.set(TAG.dnsAddress, 'ipv6');
    expect(codesIn(await scene.run())).toEqual(['addressMissing', 'nothingToPublish']);
    expect(scene.web).toHaveLength(2);
  });

  test('groups that share a name and not its TTL: the lowest is used', async () => {
    scene.serve('web', 1, { tags: { [TAG.dnsTtl]: '60' } });
    scene.serve('web-2', 1, { tags: { [TAG.dnsTtl]: '10' } });
    expect(codesIn(await scene.run())).toEqual(['ttlDiffers']);
    expect(scene.zone.at(WEB).map(({ ttlSeconds }) => ttlSeconds)).toEqual([10, 10]);
  });

  test('more than a hundred instances: an even choice over the zones, and it stays', async () => {
    scene.serve('web', 120);
    expect(codesIn(await scene.run())).toEqual(['tooManyInstances']);
    const chosen = scene.zone.at(WEB).map(({ setIdentifier }) => setIdentifier);
    expect(chosen).toHaveLength(100);
    const zones = scene.fleet.joined.listByCluster(CLUSTER).then(([group]) => group?.instances ?? []);
    const counts = new Map<string, number>();
    for (const { id, zone } of await zones)
      if (chosen.includes(id)) counts.set(zone, (counts.get(zone) ?? 0) + 1);
    expect([...counts.values()].sort()).toEqual([33, 33, 34]);
    await scene.run();
    expect(scene.zone.batches).toHaveLength(1);
  });
});

describe('a list that lacks a group removes nobody (R5)', () => {
  test('whose machine runs; who was taken out before is still remembered', async () => {
    const [first = ''] = scene.serve('web', 3);
    await scene.run();
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    await scene.run();
    const records = [...scene.zone.records.values()];
    scene.fleet.hidden.add('web');
    expect(codesIn(await scene.run({ cluster: CLUSTER }))).toEqual(['instanceUnlisted']);
    expect([...scene.zone.records.values()]).toEqual(records);
    scene.fleet.hidden.clear();
    await scene.run();
    expect(scene.fleet.ends).toEqual([]);
    await scene.runFor(2);
    expect(scene.fleet.ends).toMatchObject([{ by: 'completed', hook: { instanceId: first } }]);
  });

  test('and those who died meanwhile go all the same', async () => {
    const [first = ''] = scene.serve('web', 3);
    await scene.run();
    scene.fleet.hidden.add('web');
    scene.fleet.kill(first);
    await scene.run({ cluster: CLUSTER });
    expect(scene.web).toHaveLength(2);
  });

  test('a name whose group and machines are gone is given up on a second look, a minute later', async () => {
    const ids = scene.serve('web', 2);
    await scene.run();
    scene.fleet.hidden.add('web');
    for (const id of ids) scene.fleet.kill(id);
    await scene.run({ cluster: CLUSTER });
    scene.pass(40);
    await scene.run({ cluster: CLUSTER });
    expect(scene.web).toHaveLength(2);
    scene.pass(20);
    await scene.run({ cluster: CLUSTER });
    expect([...scene.zone.records.values()]).toEqual([]);
    scene.pass(60);
    await scene.run({ cluster: CLUSTER });
    expect(scene.stateText).toBeUndefined();
  });

  test('a name without any record keeps its mark meanwhile', async () => {
    scene.serve('web', 1);
    await scene.run();
    for (const one of scene.zone.at(WEB)) scene.zone.delete(one);
    scene.fleet.hidden.add('web');
    await scene.run({ cluster: CLUSTER });
    expect(scene.zone.at(MARK)).toHaveLength(1);
    scene.fleet.hidden.clear();
    await scene.run();
    expect(scene.web).toHaveLength(1);
  });

  test('a detached machine that runs keeps its record, and is told of for as long', async () => {
    const [first = ''] = scene.serve('web', 2);
    await scene.run();
    scene.fleet.hidden.add('web');
    scene.fleet.kill(first);
    await scene.runFor(4);
    expect(scene.web).toHaveLength(1);
    expect(JSON.parse(scene.stateText ?? '').findings).toMatchObject([{ code: 'instanceUnlisted' }]);
  });

  test('a group that has its name in another zone now is listed by its cluster, and its records here go', async () => {
    scene.serve('web', 2);
    await scene.run();
    scene.fleet.group('web').tags.set(TAG.dnsZone, 'ZOTHER');
    await scene.run({ cluster: CLUSTER });
    expect([...scene.zone.records.values()]).toEqual([]);
  });

  test('a group that gave up its name is listed by its cluster, and its records go', async () => {
    scene.serve('web', 2);
    await scene.run();
    for (const tag of [TAG.dnsZone, TAG.dnsName]) scene.fleet.group('web').tags.delete(tag);
    await scene.run({ cluster: CLUSTER });
    expect([...scene.zone.records.values()]).toEqual([]);
  });
});

describe('what Route 53 refuses does not keep the others from their changes', () => {
  test('a protected record is told, rests, and is tried again after ten minutes', async () => {
    const [first = ''] = scene.serve('web', 2);
    scene.serve('api', 2, { tags: { [TAG.dnsName]: 'api.example.com' } });
    await scene.run();
    scene.zone.protected.add(`${WEB}|A|${first}`);
    scene.fleet.kill(first);
    scene.fleet.group('api').desired = 3;
    scene.pass(12);
    let asked = 0;
    scene.gate = (call, given) => {
      if (call.name === 'zones.change') asked += 1;
      return call.send(...given);
    };
    expect(codesIn(await scene.run())).toEqual(['recordProtected']);
    expect(asked).toBe(3);
    expect(scene.zone.addresses('api.example.com')).toHaveLength(3);
    expect(codesIn(await scene.run())).toEqual(['recordProtected']);
    expect(asked).toBe(3);
    scene.zone.protected.clear();
    scene.pass(600);
    expect(codesIn(await scene.run())).not.toContain('recordProtected');
  });

  test('a zone that is busy is left for the next look', async () => {
    scene.serve('web', 2);
    scene.zone.busyCount = 1;
    const report = await scene.run();
    expect(report).toMatchObject({ outcome: 'failed', isComplete: false });
    expect(codesIn(report)).toEqual(['zoneBusy']);
    expect((await scene.run()).isComplete).toBe(true);
    expect(scene.web).toHaveLength(2);
  });
});

describe('under a freeze only heartbeats go on (R13)', () => {
  test.each([
    ['frozen', { frozen: true }, 'frozen'],
    ['a configuration that cannot be read', null, 'frozen'],
  ])('%s', async (_, config, code) => {
    const [first = ''] = scene.serve('web', 2, { heartbeatSeconds: 100 });
    await scene.run();
    if (config === null) scene.parameters.set(scene.path('config'), '{"version":1,"nonsense":1}');
    else scene.configure(config);
    const records = [...scene.zone.records.values()];
    const text = scene.stateText;
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    expect(codesIn(await scene.run())).toContain(code);
    await scene.runFor(20);
    expect([...scene.zone.records.values()]).toEqual(records);
    expect(scene.stateText).toBe(text);
    expect(scene.fleet.ends).toEqual([]);
  });

  test('a memory that is no memory is written anew, and told', async () => {
    scene.serve('web', 2);
    scene.parameters.set(scene.path(`dns/${ZONE}`), 'nonsense');
    expect(codesIn(await scene.run())).toEqual(['edited']);
    expect(JSON.parse(scene.stateText ?? '')).toMatchObject({ version: 1, names: [WEB] });
    expect(codesIn(await scene.run())).toEqual([]);
  });

  test('a memory that a newer version wrote is left alone', async () => {
    scene.serve('web', 2);
    const text = JSON.stringify({ version: 2, names: [] });
    scene.parameters.set(scene.path(`dns/${ZONE}`), text);
    expect(codesIn(await scene.run())).toEqual(['stateNewer']);
    expect(scene.stateText).toBe(text);
    expect(scene.zone.batches).toEqual([]);
  });
});

describe('hooks of groups that have no name here', () => {
  test('are let go by a look at their cluster', async () => {
    scene.fleet.addGroup({ name: 'plain', desired: 1, hooks: [WORKER_HOOK.dns] });
    scene.pass(12);
    scene.fleet.terminate(scene.fleet.inService('plain')[0] ?? scene.fleet.instance(''));
    scene.pass(2);
    await scene.run();
    expect(scene.fleet.ends).toEqual([]);
    await scene.run({ cluster: CLUSTER });
    expect(scene.fleet.ends).toHaveLength(1);
  });

  test('of another zone are left to its own passes', async () => {
    scene.fleet.addGroup({
      name: 'elsewhere',
      desired: 1,
      hooks: [WORKER_HOOK.dns],
      tags: { [TAG.dnsZone]: 'ZOTHER', [TAG.dnsName]: WEB },
    });
    scene.pass(12);
    scene.fleet.terminate(scene.fleet.inService('elsewhere')[0] ?? scene.fleet.instance(''));
    scene.pass(2);
    await scene.run({ cluster: CLUSTER });
    expect(scene.fleet.ends).toEqual([]);
  });
});

test('an instance of a warm pool is in no record, and its hook is answered (S35)', async () => {
  scene.serve('web', 2);
  const id = 'i-0000000000000aaaa';
  const pooled = { id, lifecycle: 'Warmed:Terminating:Wait', zone: 'a', health: 'Healthy' };
  const completed: unknown[] = [];
  scene.gate = async (call, given) => {
    if (call.name === 'joined.listWarmPool') return [pooled];
    if (call.name === 'joined.complete') completed.push(given[0]);
    if (call.name === 'joined.complete' || call.name === 'joined.heartbeat') return 'completed';
    if (call.name !== 'joined.listByZone') return call.send(...given);
    const groups = await scene.fleet.joined.listByZone(ZONE);
    return groups.map((group) => ({ ...group, hasWarmPool: true }));
  };
  await scene.run();
  expect(completed).toEqual([{ groupName: 'web', hookName: WORKER_HOOK.dns, instanceId: id }]);
  expect(scene.web).toHaveLength(2);
});

test('an instance in standby is in no record while it is (S34)', async () => {
  const [first = ''] = scene.serve('web', 2);
  await scene.run();
  scene.fleet.instance(first).lifecycle = 'Standby';
  await scene.run();
  expect(scene.web).toHaveLength(1);
  scene.fleet.instance(first).lifecycle = 'InService';
  await scene.run();
  expect(scene.web).toHaveLength(2);
});

test('a dry run sends heartbeats and changes nothing', async () => {
  const calls: string[] = [];
  const [first = ''] = scene.serve('web', 2);
  scene.fleet.terminate(scene.fleet.instance(first));
  scene.pass(2);
  scene.gate = (call, given) => {
    calls.push(call.name);
    return call.send(...given);
  };
  expect((await scene.run({ dryRun: true })).outcome).toBe('dryRun');
  expect(calls).toContain('joined.heartbeat');
  expect(calls.filter((name) => /change|write|remove|complete/.test(name))).toEqual([]);
});
