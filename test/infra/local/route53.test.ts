import {
  type ChangeAction,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRegion } from './fixtures/region.ts';
import { type Wanted, Zones } from './fixtures/zones.ts';

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

/** What Route 53 says of a batch that it does not take. */
async function refusalOf(...wanted: readonly Wanted[]): Promise<string> {
  const error: unknown = await zones.change(...wanted).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'InvalidChangeBatch', $metadata: { httpStatusCode: 400 } });
  return error instanceof Error ? error.message : '';
}

describe('a batch of changes', () => {
  test('names come back in lower case, with a trailing dot and with escapes', async () => {
    await zones.change(['CREATE', zones.a('*.Any', '10.0.0.1')], ['CREATE', zones.a('at@home', '10.0.0.1')]);
    expect((await zones.records()).map(({ Name }) => Name).sort()).toEqual(
      [`\\052.any.${zones.name}.`, `at\\100home.${zones.name}.`].sort(),
    );
    expect(await refusalOf(['CREATE', zones.a('\\052.any', '10.0.0.1')])).toBe(
      `[Tried to create resource record set [name='\\052.any.${zones.name}.', type='A'] but it already exists]`,
    );
  });

  test('is carried out as a whole or not at all, and all that is wrong is told at once', async () => {
    const refusal = await refusalOf(
      ['CREATE', zones.a('good', '10.0.0.1')],
      ['CREATE', zones.a('bad', 'ten')],
      ['DELETE', zones.a('gone', '10.0.0.1')],
      ['CREATE', { ...zones.a('x', '10.0.0.1'), Name: 'x.example.org' }],
    );
    expect(refusal).toContain("encountered with 'ten'");
    expect(refusal).toContain(`[name='gone.${zones.name}.', type='A'] but it was not found`);
    expect(refusal).toContain(`RRSet with DNS name x.example.org. is not permitted in zone ${zones.name}.`);
    expect(await zones.records()).toEqual([]);
  });

  test('deletes only what has exactly these values and this TTL', async () => {
    await zones.change(['CREATE', zones.a('www', '10.0.0.1', 30)]);
    for (const other of [zones.a('www', '10.0.0.2', 30), zones.a('www', '10.0.0.1', 60)]) {
      expect(await refusalOf(['DELETE', other])).toContain(
        'but the values provided do not match the current values',
      );
    }
    await zones.change(['DELETE', zones.a('www', '10.0.0.1', 30)]);
    expect(await zones.records()).toEqual([]);
  });

  test('multivalue and simple records of a name and type exclude each other, judged after the whole batch', async () => {
    await zones.change(['CREATE', zones.a('www', '10.0.0.1')]);
    expect(await refusalOf(['CREATE', zones.many('www', 'i-1', '10.0.0.2')])).toContain(
      'record sets with another routing policy exist with the same name and type',
    );
    await zones.change(
      ['CREATE', zones.many('www', 'i-1', '10.0.0.2')],
      ['DELETE', zones.a('www', '10.0.0.1')],
    );
    expect(await zones.records()).toMatchObject([{ SetIdentifier: 'i-1', MultiValueAnswer: true, TTL: 30 }]);
  });

  test('a CNAME stands alone, and never at the top of the zone', async () => {
    const alias = { ...zones.a('www', 'x'), Type: 'CNAME' as const };
    expect(await refusalOf(['CREATE', alias], ['CREATE', zones.a('www', '10.0.0.1')])).toContain(
      'conflicts with',
    );
    expect(await refusalOf(['CREATE', { ...alias, Name: zones.name }])).toContain('conflicts with');
    await zones.change(['CREATE', alias]);
  });

  test('a name and type has 100 multivalue records at most', async () => {
    const some = (from: number, to: number): Wanted[] =>
      Array.from({ length: to - from }, (_, n) => [
        'CREATE',
        zones.many('www', `i-${from + n}`, `10.0.1.${from + n}`),
      ]);
    await zones.change(...some(0, 100));
    expect(await refusalOf(...some(100, 101))).toContain('more than 100 multivalue answer records');
    expect(await zones.records()).toHaveLength(100);
  });

  test('has 1000 values and 32000 characters at most, and an UPSERT counts twice', async () => {
    const wide = (action: ChangeAction, count: number, from = 0): Wanted[] => [
      [
        action,
        {
          ...zones.a(`w${from}`, ''),
          ResourceRecords: Array.from({ length: count }, (_, n) => ({
            Value: `10.1.${from}.${n % 250}`,
          })).slice(0, 250),
        },
      ],
    ];
    const three = (action: ChangeAction) => [0, 1, 2].flatMap((from) => wide(action, 250, from));
    await zones.change(...three('CREATE'));
    expect(await refusalOf(...three('UPSERT'))).toContain('Number of records limit of 1000 exceeded.');
    const long = (name: string): Wanted => [
      'CREATE',
      {
        Name: `${name}.${zones.name}`,
        Type: 'TXT',
        TTL: 5,
        ResourceRecords: Array.from({ length: 66 }, (_, n) => ({
          Value: `"${String(n).padStart(250, 'x')}"`,
        })),
      },
    ];
    expect(await refusalOf(long('t1'), long('t2'))).toContain(
      'Number of characters limit of 32000 exceeded.',
    );
  });

  test.each([
    ['an SRV without a target', { Type: 'SRV', ResourceRecords: [{ Value: '0 0 2379' }] }],
    ['an SRV with a port out of range', { Type: 'SRV', ResourceRecords: [{ Value: '0 0 99999 x' }] }],
    ['a TXT without quotation marks', { Type: 'TXT', ResourceRecords: [{ Value: 'plain' }] }],
    ['an IPv4 address as AAAA', { Type: 'AAAA', ResourceRecords: [{ Value: '10.0.0.1' }] }],
    ['a value twice', { ResourceRecords: [{ Value: '10.0.0.1' }, { Value: '10.0.0.1' }] }],
    ['no TTL', { TTL: undefined }],
    ['a set identifier without a routing policy', { SetIdentifier: 'i-1' }],
    ['a multivalue record without a set identifier', { MultiValueAnswer: true }],
  ] as const)('%s is refused', async (_what, odd) => {
    await refusalOf(['CREATE', { ...zones.a('odd', '10.0.0.1'), ...odd } as ResourceRecordSet]);
  });

  test('the SOA and NS records of a zone stay', async () => {
    const listed = await zones.client.send(new ListResourceRecordSetsCommand({ HostedZoneId: zones.id }));
    for (const record of listed.ResourceRecordSets ?? []) {
      expect(await refusalOf(['DELETE', record])).toContain('A HostedZone must contain at least one');
    }
  });
});
