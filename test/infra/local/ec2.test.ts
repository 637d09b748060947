import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeSpotInstanceRequestsCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Notice } from '../../../infra/local/fleet/model.ts';
import { type Fleet, openFleet } from './fixtures/fleet.ts';
import { until } from './fixtures/region.ts';

let fleet: Fleet;
let ids: readonly string[];

beforeEach(async () => {
  fleet = await openFleet();
  await fleet.groups.create('g', {
    MinSize: '0',
    MaxSize: '3',
    DesiredCapacity: '3',
    AvailabilityZones: ['us-east-1a'],
    LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '1' },
  });
  const running = () => fleet.groups.instances().filter((one) => one.ec2State === 'running');
  ids = await until('three machines', () => (running().length === 3 ? running().map(({ id }) => id) : null));
});

afterEach(() => fleet.close());

function announce(id: string, kind: Notice['kind'], afterMs: number): Date {
  const atMs = Math.floor((Date.now() + afterMs) / 1000) * 1000;
  fleet.groups.instance(id).notice = { kind, sinceMs: Date.now(), atMs };
  return new Date(atMs);
}

const requestsOf = async (filters: Readonly<Record<string, string>> = {}) => {
  const Filters = Object.entries(filters).map(([Name, value]) => ({ Name, Values: [value] }));
  return (await fleet.ec2.send(new DescribeSpotInstanceRequestsCommand({ Filters }))).SpotInstanceRequests;
};

test('an instance on demand has no spot request and no event', async () => {
  expect(await requestsOf()).toEqual([]);
  const { InstanceStatuses = [] } = await fleet.ec2.send(
    new DescribeInstanceStatusCommand({ InstanceIds: [...ids] }),
  );
  expect(InstanceStatuses.map(({ Events }) => Events ?? [])).toEqual([[], [], []]);
});

test('an announced interruption shows in the spot request of the instance until that ended', async () => {
  const [id = ''] = ids;
  announce(id, 'interruption', 120_000);
  expect(await requestsOf({ 'instance-id': id })).toMatchObject([
    { InstanceId: id, State: 'active', Status: { Code: 'marked-for-termination' } },
  ]);
  const { Reservations } = await fleet.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const { SpotInstanceRequestId = '', InstanceLifecycle } = Reservations?.[0]?.Instances?.[0] ?? {};
  expect(InstanceLifecycle).toBe('spot');
  const byId = await fleet.ec2.send(
    new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [SpotInstanceRequestId] }),
  );
  expect(byId.SpotInstanceRequests?.map(({ InstanceId }) => InstanceId)).toEqual([id]);

  await fleet.groups.lifecycle.endMachine(fleet.groups.instance(id), true);
  expect(await requestsOf({ 'status-code': 'marked-for-termination' })).toEqual([]);
  expect(await requestsOf()).toMatchObject([{ InstanceId: id, State: 'closed' }]);
});

test('an unknown spot request fails the whole call', async () => {
  const call = fleet.ec2.send(new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: ['sir-0'] }));
  await expect(call).rejects.toMatchObject({ name: 'InvalidSpotInstanceRequestID.NotFound' });
});

test('a retirement shows in the status of its instance alone, with its date', async () => {
  const [, second = ''] = ids;
  const at = announce(second, 'retirement', 14 * 24 * 3600_000);
  const all = await fleet.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [...ids] }));
  const events = all.InstanceStatuses?.flatMap(({ InstanceId, Events = [] }) =>
    Events.map(({ Code, NotBefore }) => [InstanceId, Code, NotBefore]),
  );
  expect(events).toEqual([[second, 'instance-retirement', at]]);
  const filtered = await fleet.ec2.send(
    new DescribeInstanceStatusCommand({ Filters: [{ Name: 'event.code', Values: ['instance-retirement'] }] }),
  );
  expect(filtered.InstanceStatuses?.map(({ InstanceId }) => InstanceId)).toEqual([second]);
});

test('statuses come in pages, and of instances that do not run only when asked', async () => {
  const [first = ''] = ids;
  await fleet.groups.lifecycle.endMachine(fleet.groups.instance(first), false);
  const page = await fleet.ec2.send(new DescribeInstanceStatusCommand({ MaxResults: 1 }));
  expect(page.InstanceStatuses).toHaveLength(1);
  expect(page.NextToken).toBeDefined();
  const all = await fleet.ec2.send(new DescribeInstanceStatusCommand({ IncludeAllInstances: true }));
  expect(all.InstanceStatuses?.map(({ InstanceId }) => InstanceId)).toContain(first);
});
