import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeScalingActivitiesCommand,
  ResumeProcessesCommand,
  SetDesiredCapacityCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { admit, eventOf, type Fleet, letGo, makeGroup, openFleet, TWO_CHECKS_MS } from './fixtures/fleet.ts';
import { admitOne, reach } from './fixtures/refresh.ts';
import { idsIn, instancesOf, until } from './fixtures/region.ts';

const REFUSED = 'EC2 Instance Launch Unsuccessful';
const REBALANCE = { AutoScalingGroupName: 'g', ScalingProcesses: ['AZRebalance'] };

let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

/** How many instances of the group each zone has, as `a:2 b:1`. */
async function spread(): Promise<string> {
  const zones = (await instancesOf(fleet.clients, 'g'))
    .filter((one) => !one.LifecycleState?.startsWith('Terminat'))
    .map((one) => one.AvailabilityZone?.at(-1) ?? '');
  return [...new Set(zones)]
    .sort()
    .map((zone) => `${zone}:${zones.filter((other) => other === zone).length}`)
    .join(' ');
}

test('a zone without capacity fails the launch with an activity and an event, and another zone is taken', async () => {
  fleet.groups.zones.close('us-east-1b');
  await makeGroup(fleet, { size: 3 });
  await admit(fleet, 3);
  expect(await spread()).toBe('a:2 c:1');
  const event = await eventOf(fleet, REFUSED);
  expect(event.detail).toMatchObject({
    StatusCode: 'Failed',
    AutoScalingGroupName: 'g',
    EC2InstanceId: '',
    StatusMessage: expect.stringContaining('do not have sufficient'),
    Details: { 'Availability Zone': 'us-east-1b' },
  });
  const answer = await fleet.scaling.send(
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'g' }),
  );
  const failed = answer.Activities?.filter((one) => one.StatusCode === 'Failed') ?? [];
  expect(failed.map((one) => one.StatusMessage?.includes('us-east-1b'))).toEqual([true]);
});

test('a group that wants balance only waits for its zone', async () => {
  fleet.groups.zones.close('us-east-1b');
  const AvailabilityZoneDistribution = { CapacityDistributionStrategy: 'balanced-only' as const };
  await makeGroup(fleet, { size: 2, more: { AvailabilityZoneDistribution } });
  await admitOne(fleet);
  await eventOf(fleet, REFUSED);
  await sleep(TWO_CHECKS_MS);
  expect(await spread()).toBe('a:1');
  fleet.groups.zones.open('us-east-1b');
  await admit(fleet, 2);
  expect(await spread()).toBe('a:1 b:1');
});

test('without capacity anywhere the group tries again, now and then, until there is some', async () => {
  for (const zone of ['us-east-1a', 'us-east-1b', 'us-east-1c']) fleet.groups.zones.close(zone);
  await makeGroup(fleet, { size: 1 });
  await until('a second try', () => (fleet.eventsOf(REFUSED).length >= 6 ? true : null));
  expect(await spread()).toBe('');
  fleet.groups.zones.open('us-east-1c');
  await admit(fleet, 1);
  expect([await spread(), fleet.groups.zones.closed()]).toEqual(['c:1', ['us-east-1a', 'us-east-1b']]);
});

test('when capacity is back the zones are balanced again: launched first, beyond the maximum by one', async () => {
  fleet.groups.zones.close('us-east-1c');
  await makeGroup(fleet, { size: 3, max: 3 });
  await admit(fleet, 3);
  expect(await spread()).toBe('a:2 b:1');
  await sleep(TWO_CHECKS_MS);
  await reach(fleet, 'InService InService InService');
  fleet.groups.zones.open('us-east-1c');
  await reach(fleet, 'InService InService InService Pending:Wait');
  await admitOne(fleet);
  const [id = ''] = await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
  await letGo(fleet);
  expect(await spread()).toBe('a:1 b:1 c:1');
  const terminated = await eventOf(fleet, 'EC2 Instance Terminate Successful', id);
  expect(terminated.detail['Cause']).toContain('rebalanced');
  await sleep(TWO_CHECKS_MS);
  await reach(fleet, 'InService InService InService');
});

test('nothing is rebalanced while AZRebalance is suspended, or while an instance is on its way', async () => {
  fleet.groups.zones.close('us-east-1c');
  await makeGroup(fleet, { size: 3 });
  await admit(fleet, 3);
  await fleet.scaling.send(new SuspendProcessesCommand(REBALANCE));
  const grow = { AutoScalingGroupName: 'g', DesiredCapacity: 4 };
  await fleet.scaling.send(new SetDesiredCapacityCommand(grow));
  await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
  fleet.groups.zones.open('us-east-1c');
  await fleet.scaling.send(new ResumeProcessesCommand(REBALANCE));
  await sleep(TWO_CHECKS_MS);
  await reach(fleet, 'InService InService InService Pending:Wait');
  await fleet.scaling.send(new SuspendProcessesCommand(REBALANCE));
  await admitOne(fleet);
  await sleep(TWO_CHECKS_MS);
  expect(await spread()).toBe('a:2 b:2');
  await fleet.scaling.send(new ResumeProcessesCommand(REBALANCE));
  await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
  expect(await spread()).toBe('a:2 b:2 c:1');
});

test('a zone that is taken from the group is left by its instances', async () => {
  await makeGroup(fleet, { size: 2, zones: ['us-east-1a', 'us-east-1b'], hooks: false });
  await admit(fleet, 2);
  await fleet.scaling.send(
    new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'g', AvailabilityZones: ['us-east-1a'] }),
  );
  await until('one zone', async () => ((await spread()) === 'a:2' ? true : null));
});
