import { CreateHostedZoneCommand, GetHostedZoneCommand } from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deleteStack, putStack } from '../../../infra/local/stacks.ts';
import { openRegion, until } from './fixtures/region.ts';
import { resolverAt, type Wanted, Zones } from './fixtures/zones.ts';

let region: Awaited<ReturnType<typeof openRegion>>;
let zones: Zones;

beforeAll(async () => {
  region = await openRegion();
  zones = new Zones(region);
}, 90_000);

afterAll(async () => {
  zones.client.destroy();
  await region.close();
}, 20_000);

beforeEach(() => zones.create());

describe('the name server', () => {
  test('answers with a change when it is INSYNC, and not before', async () => {
    const first = await zones.change(['CREATE', zones.a('www', '10.0.0.1')]);
    await expect(zones.resolver.resolve4(`www.${zones.name}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await zones.untilServed(first);
    expect(await zones.resolver.resolve4(`www.${zones.name}`, { ttl: true })).toEqual([
      { address: '10.0.0.1', ttl: 30 },
    ]);
    const second = await zones.change(['UPSERT', zones.a('www', '10.0.0.2')]);
    expect(await zones.resolver.resolve4(`www.${zones.name}`)).toEqual(['10.0.0.1']);
    await zones.untilServed(second);
    expect(await zones.resolver.resolve4(`www.${zones.name}`)).toEqual(['10.0.0.2']);
  });

  test('tells up to eight of many multivalue records, in turns, on both ports', async () => {
    const id = await zones.change(
      ...Array.from({ length: 20 }, (_, n): Wanted => ['CREATE', zones.many('www', `i-${n}`, `10.0.0.${n}`)]),
    );
    await zones.untilServed(id);
    const upper = resolverAt(`${region.variables['DNS_SERVER']}:5300`);
    const told = new Set<string>();
    for (let question = 0; question < 30; question += 1) {
      const answer = await (question % 2 === 0 ? zones.resolver : upper).resolve4(`www.${zones.name}`);
      expect(answer).toHaveLength(8);
      for (const address of answer) told.add(address);
    }
    expect(told.size).toBe(20);
  });

  test('tells over TCP what a datagram cannot carry', async () => {
    const values = Array.from({ length: 300 }, (_, n) => `10.9.${n % 2}.${Math.floor(n / 2)}`);
    const id = await zones.change([
      'CREATE',
      { ...zones.a('wide', ''), ResourceRecords: values.map((Value) => ({ Value })) },
    ]);
    await zones.untilServed(id);
    expect((await zones.resolver.resolve4(`wide.${zones.name}`)).sort()).toEqual(values.sort());
  });

  test('knows SRV, TXT and AAAA, and what there is not', async () => {
    const id = await zones.change(
      [
        'CREATE',
        {
          Name: `_etcd-server._tcp.${zones.name}`,
          Type: 'SRV',
          TTL: 5,
          ResourceRecords: [{ Value: `0 0 2380 i-1.${zones.name}.` }],
        },
      ],
      [
        'CREATE',
        {
          Name: `t.${zones.name}`,
          Type: 'TXT',
          TTL: 5,
          ResourceRecords: [{ Value: '"etcd-autopilot cluster=core"' }],
        },
      ],
      [
        'CREATE',
        { Name: `t.${zones.name}`, Type: 'AAAA', TTL: 5, ResourceRecords: [{ Value: '2001:db8::1' }] },
      ],
    );
    await zones.untilServed(id);
    expect(await zones.resolver.resolveSrv(`_etcd-server._tcp.${zones.name}`)).toMatchObject([
      { name: `i-1.${zones.name}`, port: 2380, priority: 0, weight: 0 },
    ]);
    expect(await zones.resolver.resolveTxt(`t.${zones.name}`)).toEqual([['etcd-autopilot cluster=core']]);
    expect(await zones.resolver.resolve6(`t.${zones.name}`)).toEqual(['2001:db8::1']);
    expect(await zones.resolver.resolveSoa(zones.name)).toMatchObject({ minttl: 86_400 });
    expect(await zones.resolver.resolveNs(zones.name)).toHaveLength(4);
    await expect(zones.resolver.resolve4(`t.${zones.name}`)).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(zones.resolver.resolve4('example.org')).rejects.toMatchObject({ code: 'EREFUSED' });
  });
});

describe('zones and records of a stack', () => {
  const template = (records: Readonly<Record<string, unknown>>, zoneProperties = {}) =>
    JSON.stringify({
      Resources: {
        Zone: { Type: 'AWS::Route53::HostedZone', Properties: { Name: 'Stack.example', ...zoneProperties } },
        ...records,
      },
      Outputs: { Zone: { Value: { Ref: 'Zone' } } },
    });
  const record = (value: string) => ({
    Record: {
      Type: 'AWS::Route53::RecordSet',
      Properties: {
        HostedZoneId: { Ref: 'Zone' },
        Name: 'www.stack.example',
        Type: 'A',
        TTL: '5',
        ResourceRecords: [value],
      },
    },
  });

  test('are made, changed in place, served and deleted; a zone with records of others is not deleted', async () => {
    const { Zone = '' } = await putStack(region, {
      name: 'zones',
      templateText: template(record('10.0.0.1')),
    });
    await putStack(region, { name: 'zones', templateText: template(record('10.0.0.2')) });
    zones.id = Zone;
    expect(await zones.records()).toMatchObject([
      { Name: 'www.stack.example.', ResourceRecords: [{ Value: '10.0.0.2' }] },
    ]);
    const served = await until('the change is served', async () =>
      (await zones.resolver.resolve4('www.stack.example').catch((): string[] => [])).includes('10.0.0.2')
        ? true
        : null,
    );
    expect(served).toBe(true);
    const stranger = { ...zones.a('x', '10.0.0.9'), Name: 'x.stack.example' };
    await zones.change(['CREATE', stranger]);
    await expect(deleteStack(region, { name: 'zones' })).rejects.toThrow('non-required resource record sets');
    await zones.change(['DELETE', stranger]);
    await deleteStack(region, { name: 'zones' });
    await expect(zones.client.send(new GetHostedZoneCommand({ Id: Zone }))).rejects.toMatchObject({
      name: 'NoSuchHostedZone',
    });
  });

  test('are private when they name a VPC, by stack and by call', async () => {
    const { Zone = '' } = await putStack(region, {
      name: 'private',
      templateText: template({}, { VPCs: [{ VPCId: 'vpc-1', VPCRegion: 'us-east-1' }] }),
    });
    const byStack = await zones.client.send(new GetHostedZoneCommand({ Id: Zone }));
    expect(byStack.HostedZone).toMatchObject({ Name: 'stack.example.', Config: { PrivateZone: true } });
    const VPC = { VPCId: 'vpc-1', VPCRegion: 'us-east-1' } as const;
    const byCall = await zones.client.send(
      new CreateHostedZoneCommand({ Name: 'p.example', CallerReference: 'p', VPC }),
    );
    expect(byCall.HostedZone?.Config?.PrivateZone).toBe(true);
    await deleteStack(region, { name: 'private' });
  });
});
