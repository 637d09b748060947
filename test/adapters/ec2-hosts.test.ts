import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createHostPort } from '../../functions/adapters/ec2-hosts.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new EC2Client({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createHostPort(client);
const A = 'i-0000000000000000a';
const B = 'i-0000000000000000b';

const hostOf = (InstanceId: string, changes: Partial<Instance> = {}): Instance => ({
  InstanceId,
  InstanceType: 'r3.large',
  State: { Name: 'running' },
  PrivateIpAddress: '10.0.0.1',
  LaunchTime: new Date(5_000),
  Placement: { AvailabilityZone: 'eu-west-1a' },
  ...changes,
});
const known = {
  id: A,
  state: 'running',
  privateIp: '10.0.0.1',
  publicIp: null,
  ipv6: null,
  instanceType: 'r3.large',
  zone: 'eu-west-1a',
  launchedAtMs: 5_000,
};

/** Answers as EC2 does: one id that it does not know fails the whole call and is named. */
function existOnly(...existing: readonly string[]): void {
  aws.on(DescribeInstancesCommand).callsFake(async ({ InstanceIds }: { InstanceIds: readonly string[] }) => {
    const missing = InstanceIds.filter((id) => !existing.includes(id));
    if (missing.length > 0) throw awsError('InvalidInstanceID.NotFound', `IDs '${missing}' do not exist`);
    return { Reservations: [{ Instances: InstanceIds.map((id) => hostOf(id)) }] };
  });
}

beforeEach(() => aws.reset());

test.each([
  [{}, {}],
  [{ PublicIpAddress: '198.51.100.7' }, { publicIp: '198.51.100.7' }],
  [{ PublicIpAddress: '' }, { publicIp: null }],
  [
    { PrivateIpAddress: undefined, State: { Name: 'terminated' as const } },
    { privateIp: null, state: 'terminated' },
  ],
])('a host has the addresses that EC2 tells: %j', async (changes, expected) => {
  aws.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [hostOf(A, changes)] }] });
  expect(await port.describeHosts([A])).toEqual(new Map([[A, { ...known, ...expected }]]));
});

test.each([
  ['the first address of the first interface', undefined, '2001:db8::1'],
  ['the primary one where EC2 keeps one', true, '2001:db8::2'],
])('its IPv6 address is %s', async (_, IsPrimaryIpv6, expected) => {
  const NetworkInterfaces = [
    { Attachment: { DeviceIndex: 1 }, Ipv6Addresses: [{ Ipv6Address: '2001:db8::9' }] },
    {
      Attachment: { DeviceIndex: 0 },
      Ipv6Addresses: [{ Ipv6Address: '2001:db8::1' }, { Ipv6Address: '2001:db8::2', IsPrimaryIpv6 }],
    },
  ];
  aws
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: [hostOf(A, { NetworkInterfaces })] }] });
  expect((await port.describeHosts([A])).get(A)).toMatchObject({ ipv6: expected });
});

test('exactly the ids that EC2 names are not found, and the rest is described', async () => {
  existOnly(B);
  const hosts = await port.describeHosts([A, B]);
  expect(hosts.get(A)).toBe('notFound');
  expect(hosts.get(B)).toMatchObject({ id: B });
});

test('a thousand hosts cost two calls, and one more costs three', async () => {
  const ids = Array.from({ length: 1_001 }, (_, n) => `i-${n.toString(16).padStart(17, '0')}`);
  existOnly(...ids);
  expect((await port.describeHosts(ids.slice(0, 1_000))).size).toBe(1_000);
  expect(aws.calls()).toHaveLength(2);
  expect((await port.describeHosts(ids)).size).toBe(1_001);
  expect(aws.calls()).toHaveLength(5);
});

test('no ids mean no call: an empty question would list every machine of the account', async () => {
  expect(await port.describeHosts(['nonsense'])).toEqual(new Map());
  expect(aws.calls()).toHaveLength(0);
});

test('an id that is merely absent, a throttle and a denial leave everything unknown', async () => {
  aws
    .on(DescribeInstancesCommand)
    .resolvesOnce({ Reservations: [{ Instances: [hostOf(A)] }] })
    .rejectsOnce(throttled())
    .rejectsOnce(denied());
  await expectFailure(port.describeHosts([A, B]), 'AWS_UNAVAILABLE', 'nextLook');
  await expectFailure(port.describeHosts([A, B]), 'AWS_THROTTLED', 'nextLook');
  await expectFailure(port.describeHosts([A, B]), 'AWS_DENIED', 'never');
});

test.each([{ InstanceType: undefined }, { Placement: {} }, { LaunchTime: undefined }, { State: {} }])(
  'an answer that lacks something is unknown: %j',
  async (changes) => {
    aws.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [hostOf(A, changes)] }] });
    await expectFailure(port.describeHosts([A]), 'AWS_UNAVAILABLE', 'nextLook');
  },
);
