import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createMachinePort } from '../../functions/adapters/ec2.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new EC2Client({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createMachinePort(client);
const A = 'i-0000000000000000a';
const B = 'i-0000000000000000b';
const C = 'i-0000000000000000c';

const machineOf = (InstanceId: string, changes: Partial<Instance> = {}): Instance => ({
  InstanceId,
  State: { Name: 'running' },
  PrivateIpAddress: '10.0.0.1',
  LaunchTime: new Date(5_000),
  Placement: { AvailabilityZone: 'eu-west-1a' },
  ...changes,
});
const answerOf = (...instances: readonly Instance[]) => ({ Reservations: [{ Instances: [...instances] }] });
const notFound = (...ids: readonly string[]) =>
  ids.length === 1
    ? awsError('InvalidInstanceID.NotFound', `The instance ID '${ids[0]}' does not exist`)
    : awsError('InvalidInstanceID.NotFound', `The instance IDs '${ids.join(', ')}' do not exist`);

/** Answers as EC2 does: one id that it does not know fails the whole call and is named. */
function existOnly(...existing: readonly string[]): void {
  aws.on(DescribeInstancesCommand).callsFake(async ({ InstanceIds }: { InstanceIds: readonly string[] }) => {
    const missing = InstanceIds.filter((id) => !existing.includes(id));
    if (missing.length > 0) throw notFound(...missing);
    return answerOf(...InstanceIds.map((id) => machineOf(id)));
  });
}

beforeEach(() => aws.reset());

test('a machine is described with its address, and without one before and after it has one', async () => {
  const ended = { State: { Name: 'terminated' as const }, PrivateIpAddress: undefined };
  aws.on(DescribeInstancesCommand).resolves({
    Reservations: [{ Instances: [machineOf(A)] }, { Instances: [machineOf(B, ended)] }],
  });
  const known = { kind: 'known', launchedAtMs: 5_000, zone: 'eu-west-1a' };
  expect(await port.describe([B, A, A])).toEqual(
    new Map([
      [A, { ...known, state: 'running', privateIp: '10.0.0.1' }],
      [B, { ...known, state: 'terminated', privateIp: null }],
    ]),
  );
});

test('exactly the ids that EC2 names are not found, and the rest is described', async () => {
  existOnly(B);
  const machines = await port.describe([A, B, C]);
  expect([...machines].map(([id, { kind }]) => [id, kind]).sort()).toEqual([
    [A, 'notFound'],
    [B, 'known'],
    [C, 'notFound'],
  ]);
});

test('when none of the ids exists no second question is asked', async () => {
  existOnly();
  expect(await port.describe([A])).toEqual(new Map([[A, { kind: 'notFound' }]]));
  expect(aws.calls()).toHaveLength(1);
});

test('an id that is merely absent from the answer is unknown, never not found', async () => {
  aws.on(DescribeInstancesCommand).resolves(answerOf(machineOf(A)));
  await expectFailure(port.describe([A, B]), 'AWS_UNAVAILABLE', 'nextLook');
});

test('not found without a name that was asked for tells nothing', async () => {
  aws.on(DescribeInstancesCommand).rejects(notFound(C));
  await expectFailure(port.describe([A, B]), 'AWS_UNAVAILABLE', 'never');
});

test('another error that names an id is no evidence', async () => {
  aws.on(DescribeInstancesCommand).rejects(awsError('UnauthorizedOperation', `not for ${A}`, 403));
  await expectFailure(port.describe([A]), 'AWS_DENIED', 'never');
});

test('an id that EC2 calls malformed is left out and does not spoil the rest', async () => {
  aws
    .on(DescribeInstancesCommand)
    .rejectsOnce(awsError('InvalidInstanceID.Malformed', `Invalid id: "${A}"`))
    .resolves(answerOf(machineOf(B)));
  expect([...(await port.describe([A, B])).keys()]).toEqual([B]);
});

test('a name that is no instance id is never asked for', async () => {
  existOnly(A);
  expect([...(await port.describe(['etcd-0', 'i-XYZ', A, ''])).keys()]).toEqual([A]);
  expect(aws.commandCalls(DescribeInstancesCommand)[0]?.args[0].input.InstanceIds).toEqual([A]);
});

test('no ids mean no call: an empty question would list every machine of the account', async () => {
  expect(await port.describe([])).toEqual(new Map());
  expect(await port.describe(['nonsense'])).toEqual(new Map());
  expect(aws.calls()).toHaveLength(0);
});

test('many ids are asked for in several calls and answered together', async () => {
  const ids = Array.from({ length: 250 }, (_, n) => `i-${n.toString(16).padStart(17, '0')}`);
  existOnly(...ids.slice(3));
  const machines = await port.describe(ids);
  expect(machines.size).toBe(250);
  expect([...machines.values()].filter(({ kind }) => kind === 'notFound')).toHaveLength(3);
});

test('a failing second page leaves everything unknown', async () => {
  aws
    .on(DescribeInstancesCommand)
    .resolvesOnce({ ...answerOf(machineOf(A)), NextToken: 'more' })
    .rejectsOnce(throttled());
  await expectFailure(port.describe([A, B]), 'AWS_THROTTLED', 'nextLook');
});

test('a denial is unknown', async () => {
  aws.on(DescribeInstancesCommand).rejects(denied());
  await expectFailure(port.describe([A]), 'AWS_DENIED', 'never');
});

test.each([
  {},
  { Reservations: [{}] },
  answerOf(machineOf(A, { State: undefined })),
  answerOf(machineOf(A, { LaunchTime: undefined })),
  answerOf(machineOf(A, { Placement: undefined })),
  answerOf(machineOf(A, { InstanceId: undefined })),
])('an answer that lacks something is unknown: %j', async (answer) => {
  aws.on(DescribeInstancesCommand).resolves(answer);
  await expectFailure(port.describe([A]), 'AWS_UNAVAILABLE', 'nextLook');
});
