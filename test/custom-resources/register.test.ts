import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../functions/core/config.ts';
import { OperationError } from '../../functions/core/errors.ts';
import { AUTH, DOMAIN, SECURE } from '../support/secrets.ts';
import { clusterEvent, OTHER_STACK, PATH, STACK, World } from './world.ts';

const ID = `core@${STACK}`;
const propertiesOf = (Config: unknown, Cluster: unknown = 'core') => ({
  ResourceProperties: { ServiceToken: 'arn:…', Cluster, Config },
});
const founded = '{"number":1}';

/** A world in which our own registration succeeded. */
async function registered(Config: unknown = { size: '3' }): Promise<World> {
  const world = new World();
  expect((await world.answer(clusterEvent('Create', propertiesOf(Config)))).status).toBe('SUCCESS');
  return world;
}

describe('creating a cluster', () => {
  test('records its settings, asks for a look and answers with what templates need', async () => {
    const world = new World();
    const answer = await world.answer(clusterEvent('Create'));
    expect(answer).toEqual({
      status: 'SUCCESS',
      reason: expect.stringMatching(/^registered; it talks plain http/),
      physicalId: ID,
      attributes: {
        Cluster: 'core',
        EndpointsParameter: '/etcd-autopilot/core/endpoints',
        PeersParameter: '/etcd-autopilot/core/peers',
      },
    });
    const parsed = parseConfig(world.get('config') ?? '');
    expect(parsed).toMatchObject({
      ok: true,
      config: { size: 3, stackId: STACK, registeredBy: 'Registration' },
    });
    expect(world.looks.map(({ cluster, body }) => ({ cluster, ...JSON.parse(body) }))).toEqual([
      {
        cluster: 'core',
        etcdAutopilot: 1,
        request: 'look',
        from: 'custom-resource',
        nonce: expect.stringContaining('request-Create'),
      },
    ]);
  });

  test('is refused with every mistake at once, in order, and leaves nothing behind', async () => {
    const world = new World();
    const Config = { size: '4', clientPort: 'x', colour: 'red', auth: {} };
    const ResourceProperties = { ServiceToken: 'arn:…', Cluster: 'Core!', Config, Size: '3' };
    const answer = await world.answer(clusterEvent('Create', { ResourceProperties }));
    expect(answer).toEqual({
      status: 'FAILED',
      physicalId: 'failed-request-Create',
      attributes: {},
      reason:
        '7 problems: Cluster must be a name like "core" (^[a-z][a-z0-9-]{0,31}$); ' +
        'Size is not a property of this resource; size must be 1, 3, 5 or 7, got 4; ' +
        'auth.user is missing; auth.password is missing; ' +
        'clientPort must be a whole number from 1 to 65535, got "x"; colour is not a known setting',
    });
    expect(world.names()).toEqual([]);
    expect(world.looks).toEqual([]);
  });

  test('again, as CloudFormation repeats requests, has the same id and one effect', async () => {
    const world = await registered();
    const answer = await world.answer(clusterEvent('Create'));
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: ID });
    expect(world.writeCount).toBe(1);
  });

  test('is refused when another stack has the name, and the owner is left alone', async () => {
    const world = await registered();
    const before = world.get('config');
    const answer = await world.answer(clusterEvent('Create', { StackId: OTHER_STACK }));
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: 'failed-request-Create' });
    expect(answer.reason).toBe(`cluster 'core' belongs to stack ${STACK}`);
    expect(world.get('config')).toBe(before);
  });

  test('is refused for one of two stacks that ask at the same moment', async () => {
    const world = new World();
    const theirs = JSON.stringify({ version: 1, stackId: OTHER_STACK });
    world.onCreate = () => world.set('config', theirs);
    const answer = await world.answer(clusterEvent('Create'));
    expect(answer).toMatchObject({
      status: 'FAILED',
      reason: `cluster 'core' belongs to stack ${OTHER_STACK}`,
    });
    expect(world.get('config')).toBe(theirs);
  });

  test('is refused for a second resource of the same stack, whose deletion would tear the first one down', async () => {
    const world = await registered();
    const answer = await world.answer(clusterEvent('Create', { LogicalResourceId: 'Second' }));
    expect(answer.reason).toContain('registered by resource Registration of this stack');
    expect(answer.physicalId).toBe('failed-request-Create');
  });

  test.each(['config', 'bootstrap', 'endpoints', 'members/i-0a', 'status'])(
    'is refused while a %s that names no stack lies there',
    async (name) => {
      const world = new World();
      world.set(name, 'not ours');
      const answer = await world.answer(clusterEvent('Create'));
      expect(answer.status).toBe('FAILED');
      expect(answer.reason).toContain(`parameters that name no stack (${PATH}${name} and others)`);
      expect(world.get(name)).toBe('not ours');
    },
  );

  test('waits for a deletion under way, asks for looks meanwhile, and goes on when it is done', async () => {
    const world = new World();
    world.set('teardown', JSON.stringify({ at: 'earlier', stackId: OTHER_STACK }));
    world.set('bootstrap', founded);
    world.onLook = (lookCount) => {
      if (lookCount === 2) world.parameters.clear();
    };
    expect((await world.answer(clusterEvent('Create'))).status).toBe('SUCCESS');
    expect(world.names()).toEqual(['config']);
    expect(new Set(world.looks.map(({ body }) => body)).size).toBe(world.looks.length);
  });

  test('gives up on a deletion that does not end, and says what to do', async () => {
    const world = new World();
    world.set('teardown', JSON.stringify({ at: '2026-11-20T11:00:00Z', stackId: OTHER_STACK }));
    const startedAtMs = world.nowMs;
    const answer = await world.answer(clusterEvent('Create'));
    expect(answer.status).toBe('FAILED');
    expect(answer.reason).toContain("cluster 'core' is being deleted since 2026-11-20T11:00:00Z");
    expect(answer.reason).toContain('delete the parameter /etcd-autopilot/core/teardown');
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(60_000);
    expect(world.names()).toEqual(['teardown']);
  });

  test('fails when parameters cannot be read: silence is not absence', async () => {
    const world = new World();
    world.failures.readAll.push(
      new OperationError('AWS_DENIED', 'never', 'ssm:GetParametersByPath was denied'),
    );
    const answer = await world.answer(clusterEvent('Create'));
    expect(answer).toMatchObject({ status: 'FAILED', reason: 'ssm:GetParametersByPath was denied' });
    expect(world.names()).toEqual([]);
  });

  test('whose write may or may not have happened fails under the real id, so that its deletion cleans up', async () => {
    const world = new World();
    world.onCreate = () => {
      world.onCreate = () => {};
      world.set('config', JSON.stringify({ version: 1, stackId: STACK }));
      throw new OperationError('AWS_UNAVAILABLE', 'nextLook', 'ssm:PutParameter was not answered');
    };
    const answer = await world.answer(clusterEvent('Create'));
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: ID });
    await world.answer(clusterEvent('Delete', { PhysicalResourceId: answer.physicalId }));
    expect(world.names()).toEqual([]);
  });

  test('does not fail because no look could be asked for: the schedule looks every minute', async () => {
    const world = new World();
    world.failures.look.push(
      new OperationError('AWS_GONE', 'nextLook', 'sqs:SendMessage found nothing there'),
    );
    expect((await world.answer(clusterEvent('Create'))).status).toBe('SUCCESS');
    expect(world.lines.join('')).toContain('"event":"look.notAsked"');
  });
});

describe('updating a cluster', () => {
  const update = (Config: unknown, changes: Readonly<Record<string, unknown>> = {}) =>
    clusterEvent('Update', { PhysicalResourceId: ID, ...propertiesOf(Config), ...changes });

  test('writes the settings that changed and keeps the id', async () => {
    const world = await registered();
    const answer = await world.answer(update({ size: '5', frozen: 'true' }));
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: ID });
    expect(parseConfig(world.get('config') ?? '')).toMatchObject({ config: { size: 5, frozen: true } });
  });

  test('writes nothing when nothing changed', async () => {
    const world = await registered();
    await world.answer(update({ size: '3' }));
    expect(world.writeCount).toBe(1);
  });

  test('that fails keeps the id, or CloudFormation would delete the cluster as replaced', async () => {
    const world = await registered();
    const before = world.get('config');
    expect(await world.answer(update({ size: '2' }))).toMatchObject({ status: 'FAILED', physicalId: ID });
    expect(world.get('config')).toBe(before);
  });

  test('rolled back is written back, whatever state the cluster is in', async () => {
    const world = await registered();
    world.set('bootstrap', founded);
    await world.answer(update({ size: '5' }));
    world.set('status', '{"health":"quorumLost"}');
    expect((await world.answer(update({ size: '3' }))).status).toBe('SUCCESS');
    expect(parseConfig(world.get('config') ?? '')).toMatchObject({ config: { size: 3 } });
  });

  test.each(['{"version":1,', '', '{"version":9,"stackId":"?"}'.replace('?', STACK)])(
    'repairs settings that were broken by hand: %s',
    async (broken) => {
      const world = await registered();
      world.set('bootstrap', founded);
      world.set('config', broken);
      expect((await world.answer(update({ size: '3' }))).status).toBe('SUCCESS');
      expect(parseConfig(world.get('config') ?? '').ok).toBe(true);
    },
  );

  test('repairs settings that were deleted by hand', async () => {
    const world = await registered();
    world.set('bootstrap', founded);
    world.parameters.delete(`${PATH}config`);
    expect((await world.answer(update({ size: '3' }))).status).toBe('SUCCESS');
    expect(parseConfig(world.get('config') ?? '').ok).toBe(true);
  });

  test('does not wait for a deletion under way', async () => {
    const world = await registered();
    world.set('teardown', JSON.stringify({ at: 'now', stackId: STACK }));
    const startedAtMs = world.nowMs;
    expect((await world.answer(update({ size: '5' }))).status).toBe('SUCCESS');
    expect(world.nowMs).toBe(startedAtMs);
  });

  test('cannot move the ports of a founded cluster: all its members would fall silent', async () => {
    const world = await registered();
    expect((await world.answer(update({ size: '3', clientPort: '3379' }))).status).toBe('SUCCESS');
    world.set('bootstrap', founded);
    const answer = await world.answer(update({ size: '3', clientPort: '2379', peerPort: '3380' }));
    expect(answer.reason).toBe(
      '2 problems: clientPort cannot change once the cluster is founded (it is 3379); ' +
        'peerPort cannot change once the cluster is founded (it is 2380)',
    );
  });

  test('cannot give TLS to a founded cluster, nor take it away, nor move its domain', async () => {
    const world = await registered();
    world.set('bootstrap', founded);
    expect((await world.answer(update(SECURE))).reason).toBe(
      'scheme cannot change once the cluster is founded (it is http)',
    );
    world.parameters.delete(`${PATH}bootstrap`);
    expect((await world.answer(update(SECURE))).status).toBe('SUCCESS');
    world.set('bootstrap', founded);
    expect((await world.answer(update({ ...SECURE, dns: { domain: 'other.test' } }))).reason).toBe(
      `dns.domain cannot change once the cluster is founded (it is ${DOMAIN})`,
    );
    expect((await world.answer(update({}))).reason).toContain('scheme cannot change');
  });

  test('may give records to a founded cluster without TLS, move and take them away: no URL holds the domain', async () => {
    const world = await registered();
    world.set('bootstrap', founded);
    world.zones.set('Z1', { name: 'a.test', isPrivate: true }).set('Z2', { name: 'b.test', isPrivate: true });
    for (const dns of [
      { domain: 'a.test', zone: 'Z1' },
      { domain: 'b.test', zone: 'Z2' },
    ]) {
      expect((await world.answer(update({ dns }))).status).toBe('SUCCESS');
      expect(parseConfig(world.get('config') ?? '')).toMatchObject({ config: { dns, scheme: 'http' } });
    }
    expect((await world.answer(update({}))).status).toBe('SUCCESS');
    expect(world.get('config')).not.toContain('dns');
  });

  test('may name other secrets, and give a founded cluster a user or take it away', async () => {
    const world = await registered();
    world.set('bootstrap', founded);
    expect((await world.answer(update(AUTH))).status).toBe('SUCCESS');
    expect(JSON.parse(world.parameters.get(`${PATH}config`) ?? '')).toMatchObject(AUTH);
    expect((await world.answer(update({}))).status).toBe('SUCCESS');
    expect(world.parameters.get(`${PATH}config`)).not.toContain('auth');
  });

  test('says in the log once what a cluster without TLS means', async () => {
    const world = await registered();
    expect(world.lines.join()).toContain('plain http');
    await world.answer(update(SECURE));
    expect(world.lines.at(-1)).not.toContain('plain http');
    await world.answer(update(AUTH));
    expect(world.lines.at(-1)).toContain('the password of the autopilot too');
  });

  test('to another name is a replacement, and the old one is then deleted', async () => {
    const world = await registered();
    const renamed = await world.answer(update({ size: '3' }, propertiesOf({ size: '3' }, 'edge')));
    expect(renamed).toMatchObject({ status: 'SUCCESS', physicalId: `edge@${STACK}` });
    await world.answer(clusterEvent('Delete', { PhysicalResourceId: ID }));
    expect([...world.parameters.keys()]).toEqual(['/etcd-autopilot/edge/config']);
  });

  test('to a name that another stack has is refused', async () => {
    const world = await registered();
    world.parameters.set('/etcd-autopilot/edge/config', JSON.stringify({ version: 1, stackId: OTHER_STACK }));
    const answer = await world.answer(update({ size: '3' }, propertiesOf({ size: '3' }, 'edge')));
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: ID });
  });
});

describe('a hosted zone for the members', () => {
  const dns = { domain: 'etcd.example.com', zone: 'Z1' };
  const mark = (value: string) => ({
    ...{
      name: '_etcd-autopilot.etcd.example.com',
      type: 'TXT',
      setIdentifier: null,
      routing: 'simple' as const,
    },
    ...{ ttlSeconds: 300, values: [value], healthCheckId: null },
  });
  const update = (Config: unknown) =>
    clusterEvent('Update', { PhysicalResourceId: ID, ...propertiesOf(Config) });

  test('is told to dns, so that records come at once', async () => {
    const world = await registered({ dns });
    expect(
      world.told.map(({ to, messageGroup, body }) => ({ to, messageGroup, ...JSON.parse(body) })),
    ).toEqual([
      {
        ...{ to: 'dns', messageGroup: 'Z1', etcdAutopilot: 1, request: 'look', cluster: 'core', zone: 'Z1' },
        ...{ from: 'custom-resource', nonce: expect.stringContaining('request-Create') },
      },
    ]);
  });

  test('that is left has dns look there too, for the old records', async () => {
    const world = await registered({ dns });
    world.set('dns/Z1', '{}');
    world.told.length = 0;
    await world.answer(update({}));
    expect(world.told).toMatchObject([{ to: 'dns', messageGroup: 'Z1' }]);
  });

  test.each([
    [{ ...dns, zone: 'Z9' }, 'dns.zone Z9 is no hosted zone of this account'],
    [
      { ...dns, domain: 'etcd.other.org' },
      'dns.domain etcd.other.org is not in zone Z1, which is example.com: it must end in it',
    ],
  ])('is refused when it is none, or not that of the domain: %j', async (asked, reason) => {
    const world = new World();
    const answer = await world.answer(clusterEvent('Create', propertiesOf({ dns: asked })));
    expect(answer).toMatchObject({ status: 'FAILED', reason, physicalId: 'failed-request-Create' });
    expect(world.names()).toEqual([]);
  });

  test('is refused where the domain is marked as that of another cluster', async () => {
    const world = new World();
    world.records.push(mark('"etcd-autopilot cluster=edge owner=111122223333/eu-west-1/etcd-autopilot"'));
    const answer = await world.answer(clusterEvent('Create', propertiesOf({ dns })));
    expect(answer.reason).toContain('dns.domain etcd.example.com belongs to somebody else');
    expect(answer.reason).toContain('cluster=edge');
  });

  test('is judged when it is asked for, and not again with every update', async () => {
    const world = await registered({ dns });
    world.zones.clear();
    expect((await world.answer(update({ dns, size: '5' }))).status).toBe('SUCCESS');
    world.set('config', world.get('config')?.replace('Z1', 'Z2') ?? '');
    expect((await world.answer(update({ dns }))).reason).toBe(
      'dns.zone Z1 is no hosted zone of this account',
    );
    world.set('dns/Z1', '{"version":1,"names":["etcd.example.com"],"digests":["x"]}');
    expect((await world.answer(update({ dns }))).status, 'a rollback to what was owned').toBe('SUCCESS');
  });

  test('that cannot be asked about fails a creation, and no update', async () => {
    const busy = new OperationError('AWS_THROTTLED', 'nextLook', 'slow down');
    const world = new World();
    world.failures.zone.push(busy);
    const create = clusterEvent('Create', propertiesOf({ dns }));
    expect(await world.answer(create)).toMatchObject({ status: 'FAILED', reason: 'slow down' });
    expect((await world.answer(clusterEvent('Create'))).status).toBe('SUCCESS');
    world.failures.zone.push(busy);
    expect((await world.answer(update({ dns }))).status).toBe('SUCCESS');
  });
});
