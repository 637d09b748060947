import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { SECURE } from '../support/secrets.ts';
import { STACK, WORKERS_STACK, World, workersEvent } from './world.ts';

const GROUP = 'etcd-autopilot-core-web';
const FRONT = { DnsZone: 'Z1', DnsName: 'web.example.com' };
const PLAIN_ID = `core/${GROUP}@${WORKERS_STACK}#workers`;
const FRONT_ID = `${PLAIN_ID}:Z1/web.example.com`;
const OWNED = '{"version":1,"names":["web.example.com"],"digests":["x"]}';
const busy = new OperationError('AWS_THROTTLED', 'nextLook', 'slow down');

function clusterThere(settings: object = {}): World {
  const world = new World();
  world.set('config', JSON.stringify({ version: 1, stackId: STACK, ...settings }));
  return world;
}

const record = (name: string, type: string, value: string) => ({
  ...{ name, type, setIdentifier: null, routing: 'simple' as const },
  ...{ ttlSeconds: 60, values: [value], healthCheckId: null },
});
const mark = (text: string) => record('_etcd-autopilot.web.example.com', 'TXT', `"${text}"`);
const destinations = (world: World) => world.told.map(({ to, messageGroup }) => `${to} ${messageGroup}`);

describe('a group of workers that joins', () => {
  test('is accepted, written nowhere, and told to those who publish', async () => {
    const world = clusterThere();
    const answer = await world.answer(
      workersEvent('Create', {
        ...{ ...FRONT, DnsAddress: 'public', DnsTtl: '60', Tls: 'none', DrainSeconds: '30' },
        ...{ Metadata: 'instancetype=r3,role=worker', Services: 'web:8080,admin:9090' },
      }),
    );
    expect(answer).toEqual({
      status: 'SUCCESS',
      reason: 'accepted',
      physicalId: FRONT_ID,
      attributes: { Cluster: 'core', Group: GROUP, EndpointsParameter: '/etcd-autopilot/core/endpoints' },
    });
    expect(world.names()).toEqual(['config']);
    expect(destinations(world)).toEqual(['registry core', 'dns Z1']);
    expect(JSON.parse(world.told[1]?.body ?? '')).toMatchObject({
      request: 'look',
      cluster: 'core',
      zone: 'Z1',
    });
  });

  test('without a name asks nothing of Route 53 and nothing of dns', async () => {
    const world = clusterThere();
    world.failures.zone.push(busy);
    expect((await world.answer(workersEvent('Create'))).physicalId).toBe(PLAIN_ID);
    expect(destinations(world)).toEqual(['registry core']);
  });

  test('is refused with every mistake at once', async () => {
    const answer = await clusterThere().answer(
      workersEvent('Create', {
        ...{
          Cluster: 'Core!',
          Group: '',
          Metadata: 'role',
          Services: 'web:70000',
          DnsZone: 'Z1',
          Tls: 'maybe',
        },
        ...{ DnsAddress: 'any', DnsTtl: '0', DrainSeconds: '601', Colour: 'red' },
      }),
    );
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: 'failed-request-Create', attributes: {} });
    for (const part of [
      '10 problems: Cluster must be a name like "core"',
      'Group must be the name of the Auto Scaling group',
      'Metadata: "role" is not key=value',
      'Services: "web:70000" is not name:port with a port from 1 to 65535',
      'DnsZone, DnsName, DnsAddress: dns-zone needs dns-name beside it',
      'dns-address must be private, public, ipv6, got "any"',
      'DnsTtl: etcd-autopilot:dns-ttl must be 1 to 300 seconds, got "0"',
      'DrainSeconds: etcd-autopilot:drain-seconds must be 0 to 600 seconds, got "601"',
      'Tls must be "none" or "parameters"',
      'Colour is not a property of this resource',
    ])
      expect(answer.reason).toContain(part);
  });

  test('is refused with what no tag can hold', async () => {
    const long = `a=${'x'.repeat(255)}`;
    const answer = await clusterThere().answer(
      workersEvent('Create', { Metadata: long, Services: ['web:80'] }),
    );
    expect(answer.reason).toContain('Metadata has 257 characters, and a tag may have 256');
    expect(answer.reason).toContain('Services must be text');
  });

  test('of a cluster that is unknown, being deleted, or of another kind of TLS is refused', async () => {
    const reasonOf = async (world: World, properties = {}) =>
      (await world.answer(workersEvent('Create', properties))).reason;
    expect(await reasonOf(new World())).toBe(
      "there is no cluster 'core' in this account and region: create its stack first",
    );
    const going = clusterThere();
    going.set('teardown', JSON.stringify({ at: 'noon', stackId: STACK }));
    expect(await reasonOf(going)).toContain("cluster 'core' is being deleted since noon");
    expect(await reasonOf(clusterThere(), { Tls: 'parameters' })).toBe(
      'cluster \'core\' has no TLS: Tls must be "none"',
    );
    expect(await reasonOf(clusterThere({ scheme: 'https', ...SECURE }), { Tls: 'none' })).toBe(
      'cluster \'core\' has TLS: Tls must be "parameters", or its workers cannot talk to it',
    );
    expect(going.told).toEqual([]);
  });

  test('is told of mistakes in the text and in the world together', async () => {
    const wrong = { ...FRONT, DnsName: 'web.example.org', Services: 'web', Tls: 'parameters' };
    expect((await clusterThere().answer(workersEvent('Create', wrong))).reason).toBe(
      '3 problems: Services: "web" is not name:port with a port from 1 to 65535; ' +
        'cluster \'core\' has no TLS: Tls must be "none"; ' +
        'DnsName web.example.org is not in zone Z1, which is example.com: it must end in it',
    );
    const world = clusterThere();
    world.failures.zone.push(busy);
    expect((await world.answer(workersEvent('Create', wrong))).reason, 'what is known is told').toContain(
      'Services:',
    );
  });

  test('is told of an unknown cluster and a wrong zone together', async () => {
    const answer = await new World().answer(workersEvent('Create', { ...FRONT, DnsZone: 'Z9' }));
    expect(answer.reason).toBe(
      "2 problems: there is no cluster 'core' in this account and region: create its stack first; " +
        'DnsZone Z9 is no hosted zone of this account',
    );
  });
});

describe('a name in DNS', () => {
  const create = (world: World, DnsName = 'web.example.com') =>
    world.answer(workersEvent('Create', { ...FRONT, DnsName }));

  test.each(['webexample.com', 'web.example.com.org', 'example.org'])(
    'must lie in its zone: %s',
    async (name) => {
      const answer = await create(clusterThere(), name);
      expect(answer.reason).toBe(
        `DnsName ${name} is not in zone Z1, which is example.com: it must end in it`,
      );
    },
  );

  test.each([
    ['another cluster', 'etcd-autopilot cluster=edge owner=111122223333/eu-west-1/etcd-autopilot'],
    ['another account', 'etcd-autopilot cluster=core owner=999999999999/eu-west-1/etcd-autopilot'],
    ['another region', 'etcd-autopilot cluster=core owner=111122223333/us-east-1/etcd-autopilot'],
    ['something else', 'v=spf1 -all'],
  ])('that is marked as that of %s is refused', async (_whose, text) => {
    const world = clusterThere();
    world.records.push(mark(text));
    const answer = await create(world);
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: 'failed-request-Create' });
    expect(answer.reason).toContain('DnsName web.example.com belongs to somebody else');
    expect(answer.reason).toContain(text);
  });

  test('that another group of this cluster has is shared', async () => {
    const world = clusterThere();
    world.records.push(mark('etcd-autopilot cluster=core owner=111122223333/eu-west-1/etcd-autopilot'));
    world.records.push(record('web.example.com', 'A', '10.0.0.1'));
    expect((await create(world)).status).toBe('SUCCESS');
  });

  test.each(['A', 'AAAA', 'CNAME'])('at which somebody wrote a %s by hand is refused', async (type) => {
    const world = clusterThere();
    world.records.push(record('web.example.com', type, 'x'));
    expect((await create(world)).reason).toBe(
      `DnsName web.example.com has records (${type}) that the autopilot did not make: delete them first`,
    );
  });

  test('may be that of a mail server, or of the zone itself', async () => {
    const world = clusterThere();
    for (const type of ['MX', 'NS', 'SOA', 'TXT']) world.records.push(record('example.com', type, 'x'));
    expect((await create(world, 'example.com')).status).toBe('SUCCESS');
  });

  test('that cannot be judged is not accepted', async () => {
    const world = clusterThere();
    world.failures.zone.push(busy);
    expect(await create(world)).toMatchObject({ status: 'FAILED', reason: 'slow down' });
  });
});

describe('an update', () => {
  const update = (world: World, properties: object, PhysicalResourceId: string) =>
    world.answer(workersEvent('Update', { ...properties }, { PhysicalResourceId }));

  test('of anything but the name keeps the id, and is not judged by the world: it may be a rollback', async () => {
    const world = new World(); // not even the cluster is there
    world.zones.clear();
    const answer = await update(world, { ...FRONT, Metadata: 'role=web' }, FRONT_ID);
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: FRONT_ID });
  });

  test('with mistakes is refused, and keeps the id', async () => {
    const answer = await update(clusterThere(), { ...FRONT, Services: 'web' }, FRONT_ID);
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: FRONT_ID });
  });

  test('to another name is another id, so that the old name is deleted after the group has changed', async () => {
    const world = clusterThere();
    const answer = await update(world, { ...FRONT, DnsName: 'www.example.com' }, FRONT_ID);
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: `${PLAIN_ID}:Z1/www.example.com` });
    expect(await update(world, {}, FRONT_ID)).toMatchObject({ status: 'SUCCESS', physicalId: PLAIN_ID });
  });

  test('to a name of somebody else is refused', async () => {
    const world = clusterThere();
    world.records.push(record('web.example.com', 'A', '10.0.0.1'));
    expect(await update(world, FRONT, PLAIN_ID)).toMatchObject({ status: 'FAILED', physicalId: PLAIN_ID });
  });

  test('back to a name that the cluster owns succeeds, whatever became of the zone', async () => {
    const world = clusterThere();
    world.set('dns/Z1', OWNED);
    world.zones.clear();
    expect((await update(world, FRONT, PLAIN_ID)).status).toBe('SUCCESS');
  });

  test('does not fail because Route 53 is busy', async () => {
    const world = clusterThere();
    world.failures.zone.push(busy);
    expect((await update(world, FRONT, PLAIN_ID)).status).toBe('SUCCESS');
  });
});

describe('a group of workers that goes', () => {
  const dismiss = (world: World, PhysicalResourceId: string | undefined = FRONT_ID, properties = {}) =>
    world.answer(workersEvent('Delete', { ...FRONT, ...properties }, { PhysicalResourceId }));

  test('has dns and registry look, and is done when the name is given up', async () => {
    const world = clusterThere();
    world.set('dns/Z1', OWNED);
    world.onTold = () => {
      if (destinations(world).filter((to) => to === 'dns Z1').length === 3)
        world.set('dns/Z1', '{"version":1,"names":[],"digests":[]}');
    };
    expect(await dismiss(world)).toEqual({
      status: 'SUCCESS',
      reason: 'web.example.com is published no more',
      physicalId: FRONT_ID,
      attributes: {},
    });
    expect(destinations(world)).toEqual(['registry core', 'dns Z1', 'dns Z1', 'dns Z1']);
    const [later, last] = world.told.slice(-2);
    expect(later?.body, 'or deduplication swallows it').not.toBe(last?.body);
  });

  test('succeeds after a quarter of a minute where other groups keep the name, and says so', async () => {
    const world = clusterThere();
    world.set('dns/Z1', OWNED);
    const startedAtMs = world.nowMs;
    const answer = await dismiss(world);
    expect(answer.status).toBe('SUCCESS');
    expect(answer.reason).toContain('web.example.com is still published: by other groups');
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(15_000);
  });

  test.each([
    ['cannot be read', { failed: 'readAll' as const }],
    ['cannot be told', { failed: 'look' as const }],
  ])('succeeds when the cluster %s', async (_what, { failed }) => {
    const world = clusterThere();
    const denied = new OperationError('AWS_DENIED', 'never', 'denied');
    for (let n = 0; n < 10; n += 1) world.failures[failed].push(denied);
    expect((await dismiss(world)).status).toBe('SUCCESS');
  });

  test('of a cluster that is gone succeeds at once', async () => {
    const world = new World();
    const startedAtMs = world.nowMs;
    expect((await dismiss(world)).reason).toBe('web.example.com is published no more');
    expect(world.nowMs).toBe(startedAtMs);
  });

  test.each([
    ['failed-request-Create'],
    ['web-Workers-1ABC'],
    [PLAIN_ID],
    [FRONT_ID.replace('77aa', '88bb')],
    [undefined],
  ])('that was never accepted is left alone: %s', async (physicalId) => {
    const world = clusterThere();
    const answer = await world.answer(workersEvent('Delete', FRONT, { PhysicalResourceId: physicalId }));
    expect(answer.status).toBe('SUCCESS');
    expect(world.told).toEqual([]);
  });

  test('with properties that nobody can read any more succeeds', async () => {
    expect((await dismiss(clusterThere(), FRONT_ID, { Services: 'web' })).status).toBe('SUCCESS');
  });

  test('writes and deletes nothing itself', async () => {
    const world = clusterThere();
    world.set('dns/Z1', OWNED);
    await dismiss(world);
    expect(world.names()).toEqual(['config', 'dns/Z1']);
    expect(world.writeCount).toBe(0);
  });
});
