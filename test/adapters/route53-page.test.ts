import {
  ChangeResourceRecordSetsCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createZonePort } from '../../functions/adapters/route53.ts';
import { throttled } from './aws-failures.ts';

const client = new Route53Client({ region: 'eu-west-1' });
const aws = mockClient(client);
const ZONE = 'Z0123456789ABCDEFGHIJ';
let port = createZonePort(client);

/** As Route 53 orders names: by their labels from the right, with the dot at the end. */
const placeOf = (name: string): string => `${name.split('.').reverse().join('.')}.`;

/** A zone with an `A` record at each of the names, in pages of `size`; a name twice has two of them. */
function hold(names: readonly string[], size = 300): void {
  const sets = [...names]
    .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
    .map((name, at) => ({ name, at }));
  aws.on(ListResourceRecordSetsCommand).callsFake(({ StartRecordName, StartRecordIdentifier }) => {
    const from = placeOf(StartRecordName.replace(/\.$/, ''));
    const id = Number(StartRecordIdentifier ?? -1);
    const rest = sets.filter(({ name, at }) => placeOf(name) > from || (placeOf(name) === from && at >= id));
    const next = rest[size];
    const more = {
      NextRecordName: `${next?.name}.`,
      NextRecordType: 'A',
      NextRecordIdentifier: `${next?.at}`,
    };
    return {
      ResourceRecordSets: rest.slice(0, size).map(({ name, at }) => ({
        Name: `${name}.`,
        Type: 'A',
        SetIdentifier: `${at}`,
        MultiValueAnswer: true,
        TTL: 30,
        ResourceRecords: [{ Value: '10.0.0.1' }],
      })),
      MaxItems: size,
      ...(next === undefined ? { IsTruncated: false } : { IsTruncated: true, ...more }),
    };
  });
}

const counts = async (...names: readonly string[]): Promise<readonly number[]> => {
  const found = await Promise.all(names.map((name) => port.listName(ZONE, name)));
  return found.map((sets) => sets.length);
};
const callCount = (): number => aws.commandCalls(ListResourceRecordSetsCommand).length;

beforeEach(() => {
  aws.reset();
  port = createZonePort(client);
});

describe('one page of a zone', () => {
  test('tells of all that lies below the name it was asked for, also of what is not there', async () => {
    hold(['a.org', 'i-1.d.a.org', 'i-2.d.a.org', 'www.a.org', 'www.a.org']);
    expect(await counts('d.a.org', 'i-1.d.a.org', 'i-3.d.a.org', '_x._tcp.d.a.org', 'www.a.org')).toEqual([
      0, 1, 0, 0, 2,
    ]);
    expect(callCount()).toBe(1);
  });

  test('tells of another name and what lies below it, where it shows all of that', async () => {
    hold(['a.a.org', 'x.b.a.org', 'c.a.org']);
    expect(await counts('a.a.org', 'y.b.a.org', 'b.a.org')).toEqual([1, 0, 0]);
    expect(callCount()).toBe(1);
  });

  test('tells nothing of a name that it does not reach, or that it begins behind', async () => {
    hold(['a.a.org', 'b.a.org', 'c.a.org', 'd.a.org'], 2);
    expect(await counts('b.a.org', 'd.a.org', 'a.a.org', 'a.org', 'x.c.a.org')).toEqual([1, 1, 1, 0, 0]);
    expect(callCount()).toBe(4);
  });

  test('that ends within a name is read on for that name', async () => {
    hold(['w.a.org', 'w.a.org', 'w.a.org', 'x.w.a.org', 'z.a.org'], 2);
    expect(await counts('w.a.org')).toEqual([3]);
    expect(await counts('x.w.a.org')).toEqual([1]);
  });

  test('begun below a name tells nothing of what may stand before', async () => {
    hold(['a.w.a.org', 'm.w.a.org', 'z.a.org']);
    expect(await counts('b.w.a.org', 'a.w.a.org')).toEqual([0, 1]);
    expect(callCount()).toBe(2);
  });

  test('begun below a name is not whole for a label with a dot in it, which stands elsewhere', async () => {
    const set = (Name: string) => ({
      Name,
      Type: 'A' as const,
      TTL: 30,
      ResourceRecords: [{ Value: '10.0.0.1' }],
    });
    aws
      .on(ListResourceRecordSetsCommand)
      .resolvesOnce({
        ResourceRecordSets: [set('x\\056w.a.org.'), set('c.w.a.org.')],
        IsTruncated: false,
        MaxItems: 300,
      })
      .resolves({ ResourceRecordSets: [set('a.w.a.org.')], IsTruncated: false, MaxItems: 300 });
    expect(await counts('b.w.a.org', 'a.w.a.org')).toEqual([0, 1]);
  });

  test('tells of names that only begin alike as of others', async () => {
    hold(['w-1.a.org', 'w.a.org', 'x.w-1.a.org', 'w0.a.org']);
    expect(await counts('w.a.org', 'w-1.a.org', 'x.w-1.a.org', 'y.w.a.org', 'w0.a.org')).toEqual([
      1, 1, 1, 0, 1,
    ]);
  });
});

test('a zone of two hundred clusters is read in as many calls as it has pages', async () => {
  const names = Array.from({ length: 200 }, (_, at) => `c${at}.a.org`).flatMap((domain) => [
    `_etcd-autopilot.${domain}`,
    `_etcd-server._tcp.${domain}`,
    ...[1, 2, 3].map((member) => `i-${member}.${domain}`),
  ]);
  hold(names);
  const asked = [...names, ...Array.from({ length: 200 }, (_, at) => `c${at}.a.org`)];
  const found = await counts(...asked.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)));
  expect(found.reduce((sum, count) => sum + count, 0)).toBe(1_000);
  expect(callCount()).toBeLessThanOrEqual(8);
});

test('a look begins anew, and so does what is read after a change', async () => {
  aws.on(GetHostedZoneCommand).resolves({ HostedZone: { Id: ZONE, Name: 'a.org.', CallerReference: 'x' } });
  aws.on(ChangeResourceRecordSetsCommand).resolves({
    ChangeInfo: { Id: 'C1', Status: 'PENDING', SubmittedAt: new Date(0) },
  });
  hold(['w.a.org']);
  expect(await counts('w.a.org', 'w.a.org')).toEqual([1, 1]);
  hold([]);
  await port.describeZone(ZONE);
  expect(await counts('w.a.org')).toEqual([0]);
  hold(['w.a.org']);
  await port.change(ZONE, []);
  expect(await counts('w.a.org')).toEqual([1]);
  expect(callCount()).toBe(3);
});

test('a page that fails tells nothing, and does not keep the next one from being read', async () => {
  aws.on(ListResourceRecordSetsCommand).rejectsOnce(throttled()).resolves({
    ResourceRecordSets: [],
    IsTruncated: false,
    MaxItems: 300,
  });
  const found = await Promise.allSettled([port.listName(ZONE, 'a.a.org'), port.listName(ZONE, 'b.a.org')]);
  expect(found.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
