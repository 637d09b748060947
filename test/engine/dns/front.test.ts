import { describe, expect, test } from 'vitest';
import { decodeDnsState } from '../../../functions/core/dns/state.ts';
import { OperationError } from '../../../functions/core/errors.ts';
import { TAG } from '../../../functions/core/names.ts';
import { BeatMemory } from '../../../functions/engine/dns/heartbeats.ts';
import { codesIn, DnsScene, ZONE } from '../../simulation/fronts/dns-scene.ts';

const denied = async () => {
  throw new OperationError('AWS_THROTTLED', 'nextLook', 'throttled');
};

describe('records appear', () => {
  test('when an instance is in service, in one batch with the mark of the name', async () => {
    const scene = new DnsScene();
    scene.fleet.addGroup({
      name: 'web',
      desired: 3,
      hooks: [],
      tags: { [TAG.dnsZone]: ZONE, [TAG.dnsName]: 'Web.Example.com.' },
    });
    scene.pass(3);
    await scene.run();
    expect(scene.zone.batches).toEqual([]);
    scene.pass(9);
    const report = await scene.run();
    const ids = scene.fleet.inService('web').map(({ id }) => id);
    expect(scene.web).toEqual(scene.addressesOf(ids));
    expect(scene.zone.batches).toHaveLength(1);
    expect(scene.zone.at('_etcd-autopilot.web.example.com')).toMatchObject([
      {
        type: 'TXT',
        values: ['"etcd-autopilot cluster=core owner=123456789012/eu-west-1/etcd-autopilot"'],
      },
    ]);
    expect(scene.zone.at('web.example.com')).toMatchObject(
      ids.map((setIdentifier) => ({ type: 'A', setIdentifier, routing: 'multivalue', ttlSeconds: 30 })),
    );
    expect(report).toMatchObject({ outcome: 'settled', isComplete: true });
  });

  test('and nothing is written when nothing changed', async () => {
    const scene = new DnsScene();
    scene.serve('web', 3);
    await scene.run();
    const calls: string[] = [];
    scene.gate = (call, given) => {
      calls.push(call.name);
      return call.send(...given);
    };
    const text = scene.stateText;
    await scene.run();
    expect(calls.filter((name) => /change|write|remove|complete|heartbeat/.test(name))).toEqual([]);
    expect(scene.stateText).toBe(text);
  });

  test('not while an instance is unhealthy', async () => {
    const scene = new DnsScene();
    const [sick = ''] = scene.serve('web', 3);
    scene.fleet.instance(sick).health = 'Unhealthy';
    await scene.run();
    expect(scene.web).toHaveLength(2);
  });
});

describe('records disappear before their instance goes', () => {
  test('removed first, the hook held until every name server and every cache forgot it, then completed', async () => {
    const scene = new DnsScene();
    scene.zone.syncMs = 12_000;
    const [first = ''] = scene.serve('web', 3);
    await scene.run();
    scene.fleet.onComplete = ({ instanceId }) => expect(scene.zone.mayBeAnswered(instanceId)).toBe(false);
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    const report = await scene.run();
    expect(scene.zone.at('web.example.com').map(({ setIdentifier }) => setIdentifier)).not.toContain(first);
    expect(report.clusters[0]?.holds).toMatchObject([{ because: 'cached' }]);
    await scene.runFor(3);
    expect(scene.fleet.ends).toMatchObject([{ by: 'completed', hook: { instanceId: first } }]);
    expect(decodeDnsState(scene.stateText ?? '')).toMatchObject({ state: { withdrawn: [] } });
  });

  test('a short hold is waited out by the pass itself', async () => {
    const scene = new DnsScene();
    const [first = ''] = scene.serve('web', 3, { tags: { [TAG.dnsTtl]: '5' } });
    await scene.run();
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    const report = await scene.run();
    expect(report.outcome).toBe('settled');
    expect(report.waitedMs, 'the wait is no work that asks for a rest').toBeGreaterThanOrEqual(5_000);
    expect(scene.fleet.ends).toMatchObject([{ by: 'completed', hook: { instanceId: first } }]);
  });

  test('whoever was never published is let go at once', async () => {
    const scene = new DnsScene();
    const [first = ''] = scene.serve('web', 3);
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    const report = await scene.run();
    expect(report.outcome).toBe('settled');
    expect(scene.fleet.ends).toHaveLength(1);
  });

  test('an instance that died unannounced is taken out as soon as EC2 says so', async () => {
    const scene = new DnsScene();
    const [first = ''] = scene.serve('web', 3);
    await scene.run();
    scene.fleet.kill(first);
    await scene.run();
    expect(scene.web).toHaveLength(2);
  });
});

describe('a name is never emptied while an instance of its groups lives (R6)', () => {
  test('the last records stay, and their instances are held until somebody takes their place', async () => {
    const scene = new DnsScene();
    const ids = scene.serve('web', 2);
    await scene.run();
    for (const id of ids) scene.fleet.terminate(scene.fleet.instance(id));
    scene.pass(2);
    const report = await scene.run();
    expect(scene.web).toEqual(scene.addressesOf(ids));
    expect(codesIn(report)).toContain('nothingToPublish');
    expect(report.clusters[0]?.holds.map(({ because }) => because)).toEqual(['published', 'published']);
    await scene.runFor(3);
    expect(scene.fleet.ends.map(({ by }) => by)).toEqual(['completed', 'completed']);
    expect(scene.web).toEqual(scene.addressesOf(scene.fleet.inService('web').map(({ id }) => id)));
  });

  test('nobody is taken out while EC2 does not tell who lives: those that stay may be dead', async () => {
    const scene = new DnsScene();
    const [first = '', second = ''] = scene.serve('web', 2);
    await scene.run();
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.fleet.kill(second);
    scene.pass(2);
    scene.gate = (call, given) =>
      call.name === 'hosts.describeHosts'
        ? Promise.reject(new OperationError('AWS_THROTTLED', 'nextLook', 'slow down'))
        : call.send(...given);
    await scene.run();
    expect(scene.web).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(scene.fleet.ends).toEqual([]);
    scene.gate = (call, given) => call.send(...given);
    await scene.run();
    expect(scene.web).toEqual(['10.0.0.1']);
    await scene.runFor(4);
    expect(scene.fleet.ends.map(({ hook }) => hook.instanceId)).toContain(first);
  });

  test('nobody is held for more than fifteen minutes', async () => {
    const scene = new DnsScene();
    const [only = ''] = scene.serve('web', 1);
    await scene.run();
    const launch = scene.fleet.tick.bind(scene.fleet);
    scene.fleet.terminate(scene.fleet.instance(only));
    scene.onSecond = () => {
      for (const one of scene.fleet.of('web')) if (one.id !== only) one.health = 'Unhealthy';
    };
    launch(2);
    await scene.runFor(14);
    expect(scene.fleet.ends.filter(({ hook }) => hook.instanceId === only)).toEqual([]);
    await scene.runFor(2);
    expect(scene.fleet.ends.filter(({ hook }) => hook.instanceId === only)).toHaveLength(1);
    expect(scene.web).not.toEqual([]);
  });

  test('nor when no activity tells since when it waits: then it counts from the first look', async () => {
    const scene = new DnsScene();
    const [only = ''] = scene.serve('web', 1);
    const beats = new BeatMemory();
    await scene.run({ beats });
    scene.fleet.terminate(scene.fleet.instance(only));
    scene.gate = (call, given) =>
      call.name === 'joined.listActivities' ? Promise.resolve([]) : call.send(...given);
    scene.onSecond = () => {
      for (const one of scene.fleet.of('web')) if (one.id !== only) one.health = 'Unhealthy';
    };
    scene.pass(2);
    const isGone = () => scene.fleet.ends.some(({ hook }) => hook.instanceId === only);
    const look = async () => {
      await scene.run({ beats });
      scene.pass(60);
    };
    for (let minute = 0; minute < 14; minute += 1) await look();
    expect(isGone()).toBe(false);
    for (let minute = 0; minute < 3; minute += 1) await look();
    expect(isGone()).toBe(true);
  });

  test('a group that wants nobody gives its name up, with its mark and its memory', async () => {
    const scene = new DnsScene();
    scene.serve('web', 2);
    await scene.run();
    scene.fleet.group('web').desired = 0;
    scene.pass(2);
    await scene.runFor(3);
    expect([...scene.zone.records.values()]).toEqual([]);
    expect(scene.fleet.of('web')).toEqual([]);
    expect(scene.stateText).toBeUndefined();
  });
});

describe('what cannot be read changes nothing that depends on it', () => {
  test.each([
    ['hosts.describeHosts', 3],
    ['parameters.readAll', 3],
    ['zones.listName', 3],
    ['zones.describeZone', 3],
    ['joined.listByZone', 3],
  ])('%s', async (name, count) => {
    const scene = new DnsScene();
    const [first = ''] = scene.serve('web', 3);
    await scene.run();
    scene.fleet.kill(first);
    scene.gate = (call, given) => (call.name === name ? denied() : call.send(...given));
    const report = await scene.run().catch(() => null);
    expect(scene.web).toHaveLength(count);
    expect(report?.isComplete ?? false).toBe(false);
  });

  test('and heartbeats are sent all the same', async () => {
    const scene = new DnsScene();
    const [first = ''] = scene.serve('web', 3);
    await scene.run();
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    const calls: string[] = [];
    scene.gate = (call, given) => {
      calls.push(call.name);
      return call.port === 'joined' ? call.send(...given) : denied();
    };
    const report = await scene.run();
    expect(calls).toContain('joined.heartbeat');
    expect(calls).not.toContain('joined.complete');
    expect(report.clusters[0]?.holds).toMatchObject([{ because: 'unknown' }]);
  });
});
