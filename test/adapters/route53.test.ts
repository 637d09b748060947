import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  InvalidChangeBatch,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createZonePort } from '../../functions/adapters/route53.ts';
import type { RecordChange, RecordSet } from '../../functions/core/dns/zone-port.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new Route53Client({ region: 'eu-west-1' });
const aws = mockClient(client);
let port = createZonePort(client);
const ZONE = 'Z0123456789ABCDEFGHIJ';
const I = 'i-0123456789abcdef0';

const record = (changes: Partial<RecordSet> = {}): RecordSet => ({
  name: 'web.example.com',
  type: 'A',
  setIdentifier: I,
  routing: 'multivalue',
  ttlSeconds: 30,
  values: ['10.0.0.1'],
  healthCheckId: null,
  ...changes,
});
const mark = record({
  name: '_etcd-autopilot.web.example.com',
  type: 'TXT',
  setIdentifier: null,
  routing: 'simple',
  values: ['"etcd-autopilot cluster=core"'],
});

beforeEach(() => {
  aws.reset();
  port = createZonePort(client);
});

describe('a zone', () => {
  test('is told of by its name without the dot at the end, and whether it is private', async () => {
    aws.on(GetHostedZoneCommand, { Id: ZONE }).resolves({
      HostedZone: {
        Id: ZONE,
        Name: 'Example.com.',
        CallerReference: 'x',
        Config: { PrivateZone: true },
      },
    });
    expect(await port.describeZone(ZONE)).toEqual({ name: 'example.com', isPrivate: true });
  });

  test.each(['NoSuchHostedZone', 'InvalidInput'])('that is none is unknown, as a value: %s', async (name) => {
    aws.on(GetHostedZoneCommand).rejects(awsError(name, 'No hosted zone found with ID: Z0', 404));
    expect(await port.describeZone(ZONE)).toBe('unknown');
  });

  test('that may not be seen, or is not told of now, is no value', async () => {
    aws.on(GetHostedZoneCommand).rejectsOnce(denied()).rejectsOnce(throttled()).resolvesOnce({});
    await expectFailure(port.describeZone(ZONE), 'AWS_DENIED', 'never');
    await expectFailure(port.describeZone(ZONE), 'AWS_THROTTLED', 'nextLook');
    await expectFailure(port.describeZone(ZONE), 'AWS_UNAVAILABLE', 'nextLook');
  });
});

describe('the record sets of a name', () => {
  const end = { IsTruncated: false, MaxItems: 300 };
  const own = (name: string, changes: object = {}) => ({
    Name: name,
    Type: 'A' as const,
    TTL: 30,
    ResourceRecords: [{ Value: '10.0.0.1' }],
    ...changes,
  });

  test('are asked for from the name on, and those of other names are left out', async () => {
    aws.on(ListResourceRecordSetsCommand).resolves({
      ...end,
      ResourceRecordSets: [
        own('WEB.example.com.', { SetIdentifier: I, MultiValueAnswer: true }),
        own('web2.example.com.'),
      ],
    });
    expect(await port.listName(ZONE, 'web.example.com')).toEqual([record()]);
    expect(aws.commandCalls(ListResourceRecordSetsCommand)[0]?.args[0].input).toMatchObject({
      HostedZoneId: ZONE,
      StartRecordName: 'web.example.com',
      MaxItems: 300,
    });
  });

  test('are read to the last page, each from where the one before ended', async () => {
    const next = {
      IsTruncated: true,
      MaxItems: 300,
      NextRecordName: 'web.example.com.',
      NextRecordType: 'A' as const,
    };
    aws
      .on(ListResourceRecordSetsCommand)
      .resolvesOnce({
        ...next,
        NextRecordIdentifier: 'b',
        ResourceRecordSets: [own('web.example.com.', { SetIdentifier: 'a', MultiValueAnswer: true })],
      })
      .resolvesOnce({
        ...end,
        ResourceRecordSets: [
          own('web.example.com.', { SetIdentifier: 'b', MultiValueAnswer: true }),
          own('web.example.com.', { Type: 'TXT', ResourceRecords: [{ Value: '"x"' }] }),
        ],
      });
    const sets = await port.listName(ZONE, 'web.example.com');
    expect(sets.map(({ type, setIdentifier }) => [type, setIdentifier])).toEqual([
      ['A', 'a'],
      ['A', 'b'],
      ['TXT', null],
    ]);
    expect(aws.commandCalls(ListResourceRecordSetsCommand)[1]?.args[0].input).toMatchObject({
      StartRecordName: 'web.example.com.',
      StartRecordType: 'A',
      StartRecordIdentifier: 'b',
    });
  });

  test('end where the next page is of another name: one question is enough', async () => {
    aws.on(ListResourceRecordSetsCommand).resolves({
      IsTruncated: true,
      MaxItems: 300,
      NextRecordName: 'web3.example.com.',
      NextRecordType: 'A',
      ResourceRecordSets: [own('web.example.com.')],
    });
    expect(await port.listName(ZONE, 'web.example.com')).toHaveLength(1);
    expect(aws.calls()).toHaveLength(1);
  });

  test('are found under a name that Route 53 writes with escapes', async () => {
    aws
      .on(ListResourceRecordSetsCommand)
      .resolves({ ...end, ResourceRecordSets: [own('\\052.example.com.')] });
    expect(await port.listName(ZONE, '*.example.com')).toMatchObject([{ name: '*.example.com' }]);
  });

  test('are not those of a label that holds a dot: it only looks like the name', async () => {
    aws
      .on(ListResourceRecordSetsCommand)
      .resolves({ ...end, ResourceRecordSets: [own('a\\056web.example.com.')] });
    expect(await port.listName(ZONE, 'a.web.example.com')).toEqual([]);
  });

  test.each([
    [{ AliasTarget: { HostedZoneId: 'Z1', DNSName: 'lb.', EvaluateTargetHealth: false } }, 'other'],
    [{ SetIdentifier: 'x', Weight: 0 }, 'other'],
    [{ SetIdentifier: 'x', Region: 'eu-west-1' }, 'other'],
    [{ SetIdentifier: 'x', Failover: 'PRIMARY' }, 'other'],
    [{ SetIdentifier: 'x', GeoLocation: { CountryCode: 'DE' } }, 'other'],
    [{ SetIdentifier: 'x', MultiValueAnswer: true }, 'multivalue'],
    [{}, 'simple'],
  ] as const)('tell their routing: %j', async (changes, routing) => {
    aws
      .on(ListResourceRecordSetsCommand)
      .resolves({ ...end, ResourceRecordSets: [own('web.example.com.', changes)] });
    expect(await port.listName(ZONE, 'web.example.com')).toMatchObject([{ routing }]);
  });

  test('an alias has neither values nor a time of its own', async () => {
    const set = {
      Name: 'web.example.com.',
      Type: 'A' as const,
      AliasTarget: { HostedZoneId: 'Z1', DNSName: 'lb.', EvaluateTargetHealth: false },
    };
    aws.on(ListResourceRecordSetsCommand).resolves({ ...end, ResourceRecordSets: [set] });
    expect(await port.listName(ZONE, 'web.example.com')).toMatchObject([{ values: [], ttlSeconds: null }]);
  });

  test('are unknown when a page fails, is cut short or does not say where the next one is', async () => {
    const page = { IsTruncated: true, MaxItems: 300, ResourceRecordSets: [own('web.example.com.')] };
    aws
      .on(ListResourceRecordSetsCommand)
      .resolvesOnce({ ...page, NextRecordName: 'web.example.com.', NextRecordType: 'A' })
      .rejectsOnce(throttled())
      .resolvesOnce(page)
      .resolvesOnce({ ...page, IsTruncated: undefined });
    await expectFailure(port.listName(ZONE, 'web.example.com'), 'AWS_THROTTLED', 'nextLook');
    await expectFailure(port.listName(ZONE, 'web.example.com'), 'AWS_UNAVAILABLE', 'nextLook');
    await expectFailure(port.listName(ZONE, 'web.example.com'), 'AWS_UNAVAILABLE', 'nextLook');
  });

  test('of a zone that is gone are unknown, never none', async () => {
    aws.on(ListResourceRecordSetsCommand).rejects(awsError('NoSuchHostedZone', 'none', 404));
    await expectFailure(port.listName(ZONE, 'web.example.com'), 'AWS_GONE', 'nextLook');
  });
});

describe('a batch', () => {
  const changes: readonly RecordChange[] = [
    { action: 'CREATE', record: mark },
    { action: 'UPSERT', record: record() },
    { action: 'DELETE', record: record({ setIdentifier: 'i-0000000b', healthCheckId: 'h' }) },
  ];

  test('goes out as one call and gives the id of the change', async () => {
    aws.on(ChangeResourceRecordSetsCommand).resolves({
      ChangeInfo: { Id: '/change/C0123', Status: 'PENDING', SubmittedAt: new Date(0) },
    });
    expect(await port.change(ZONE, changes)).toEqual({ kind: 'accepted', changeId: 'C0123' });
    expect(aws.commandCalls(ChangeResourceRecordSetsCommand)[0]?.args[0].input).toMatchObject({
      HostedZoneId: ZONE,
      ChangeBatch: {
        Changes: [
          {
            Action: 'CREATE',
            ResourceRecordSet: {
              Name: '_etcd-autopilot.web.example.com',
              Type: 'TXT',
              TTL: 30,
              ResourceRecords: [{ Value: '"etcd-autopilot cluster=core"' }],
            },
          },
          {
            Action: 'UPSERT',
            ResourceRecordSet: {
              Name: 'web.example.com',
              Type: 'A',
              SetIdentifier: I,
              MultiValueAnswer: true,
              TTL: 30,
            },
          },
          { Action: 'DELETE', ResourceRecordSet: { SetIdentifier: 'i-0000000b', HealthCheckId: 'h' } },
        ],
      },
    });
    const [first] = aws.commandCalls(ChangeResourceRecordSetsCommand);
    const sent = first?.args[0].input.ChangeBatch?.Changes?.[0]?.ResourceRecordSet ?? {};
    expect(Object.keys(sent).sort()).toEqual(['Name', 'ResourceRecords', 'TTL', 'Type']);
  });

  test('that Route 53 refuses is a value with every reason, sent once', async () => {
    const messages = ['Tried to create it but it already exists', 'is protected'];
    aws.on(ChangeResourceRecordSetsCommand).rejects(
      Object.assign(new InvalidChangeBatch({ $metadata: {}, message: 'The batch is invalid' }), {
        messages,
      }),
    );
    expect(await port.change(ZONE, changes)).toEqual({
      kind: 'refused',
      reason: 'The batch is invalid; Tried to create it but it already exists; is protected',
    });
    expect(aws.calls()).toHaveLength(1);
  });

  test.each(['InvalidChangeBatch', 'InvalidInput', 'NoSuchHealthCheck', 'LimitsExceeded'])(
    '%s is refused for good',
    async (name) => {
      aws.on(ChangeResourceRecordSetsCommand).rejects(awsError(name, 'not so'));
      expect(await port.change(ZONE, changes)).toEqual({ kind: 'refused', reason: 'not so' });
    },
  );

  test.each([
    ['PriorRequestNotComplete', 400],
    ['Throttling', 400],
    ['ThrottlingException', 400],
  ])('that finds the zone busy goes on the next look: %s', async (name, status) => {
    aws.on(ChangeResourceRecordSetsCommand).rejects(awsError(name, 'busy', status));
    await expectFailure(port.change(ZONE, changes), 'AWS_THROTTLED', 'nextLook');
  });

  test('for a zone that is gone, or denied, is an error and not a refusal', async () => {
    aws
      .on(ChangeResourceRecordSetsCommand)
      .rejectsOnce(awsError('NoSuchHostedZone', 'none', 404))
      .rejectsOnce(denied());
    await expectFailure(port.change(ZONE, changes), 'AWS_GONE', 'nextLook');
    await expectFailure(port.change(ZONE, changes), 'AWS_DENIED', 'never');
  });

  test.each([
    { type: 'A', routing: 'other' },
    { type: 'NAPTR2', routing: 'simple' },
  ] as const)('with a record set that nobody here writes does not go out: %j', async (odd) => {
    const answer = await port.change(ZONE, [...changes, { action: 'DELETE', record: record(odd) }]);
    expect(answer.kind).toBe('refused');
    expect(aws.calls()).toEqual([]);
  });
});

test.each([
  ['INSYNC', true],
  ['PENDING', false],
] as const)('a change that is %s is in sync: %s', async (Status, expected) => {
  aws.on(GetChangeCommand, { Id: 'C1' }).resolves({
    ChangeInfo: { Id: '/change/C1', Status, SubmittedAt: new Date(0) },
  });
  expect(await port.isInSync('C1')).toBe(expected);
});

test('a change that nobody tells of is not in sync', async () => {
  aws
    .on(GetChangeCommand)
    .rejectsOnce(awsError('NoSuchChange', 'none', 404))
    .resolvesOnce({});
  await expectFailure(port.isInSync('C1'), 'AWS_GONE', 'nextLook');
  await expectFailure(port.isInSync('C1'), 'AWS_UNAVAILABLE', 'nextLook');
});
