import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompleteLifecycleActionCommand,
  DeleteAutoScalingGroupCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  admit,
  eventOf,
  type Fleet,
  letGo,
  makeGroup,
  openFleet,
  skipTime,
  stateOf,
} from './fixtures/fleet.ts';
import { reach } from './fixtures/refresh.ts';
import { answerHook, idsIn, instancesOf, until } from './fixtures/region.ts';

/** Longer than it takes fleet to look at the deadlines of all hooks, twice. */
const TWO_TICKS_MS = 450;

let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

function resize(desired: number) {
  return fleet.scaling.send(
    new SetDesiredCapacityCommand({ AutoScalingGroupName: 'g', DesiredCapacity: desired }),
  );
}

async function ec2StateOf(id: string): Promise<string | undefined> {
  const answer = await fleet.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return answer.Reservations?.[0]?.Instances?.[0]?.State?.Name;
}

test('a hook can be kept alive and completed once; then nothing is pending', async () => {
  await makeGroup(fleet, { size: 1 });
  const [id = ''] = await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
  const action = { AutoScalingGroupName: 'g', LifecycleHookName: 'launch', InstanceId: id };
  await fleet.scaling.send(new RecordLifecycleActionHeartbeatCommand(action));
  const complete = () =>
    fleet.scaling.send(new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult: 'CONTINUE' }));
  await complete();
  await reach(fleet, 'InService');
  await expect(complete()).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('No active Lifecycle Action found with'),
  });
});

test('the token of the event completes a hook as the instance does', async () => {
  await makeGroup(fleet, { size: 1 });
  const event = await eventOf(fleet, 'EC2 Instance-launch Lifecycle Action');
  expect(event.detail).toMatchObject({ Origin: 'EC2', Destination: 'AutoScalingGroup' });
  expect(event.detail).not.toHaveProperty('Action');
  await fleet.scaling.send(
    new CompleteLifecycleActionCommand({
      AutoScalingGroupName: 'g',
      LifecycleHookName: 'launch',
      LifecycleActionToken: String(event.detail['LifecycleActionToken']),
      LifecycleActionResult: 'CONTINUE',
    }),
  );
  await reach(fleet, 'InService');
});

test('a hook that nobody answers takes its default result when its heartbeat is over, and a heartbeat renews it', async () => {
  await makeGroup(fleet, { size: 1 });
  const [id = ''] = await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
  skipTime(50_000);
  const action = { AutoScalingGroupName: 'g', LifecycleHookName: 'launch', InstanceId: id };
  await fleet.scaling.send(new RecordLifecycleActionHeartbeatCommand(action));
  skipTime(50_000);
  await sleep(TWO_TICKS_MS);
  expect(await stateOf(fleet, id)).toBe('Pending:Wait');
  skipTime(10_000);
  const event = await eventOf(fleet, 'EC2 Instance Launch Unsuccessful', id);
  expect(event.detail['StatusMessage']).toContain('no answer in time');
  await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
});

test('heartbeats cannot hold an instance for more than a hundred heartbeat timeouts', async () => {
  await makeGroup(fleet, { size: 1 });
  const [id = ''] = await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
  const action = { AutoScalingGroupName: 'g', LifecycleHookName: 'launch', InstanceId: id };
  for (let count = 0; count < 119; count += 1) {
    skipTime(50_000);
    await fleet.scaling.send(new RecordLifecycleActionHeartbeatCommand(action));
  }
  skipTime(50_000);
  await eventOf(fleet, 'EC2 Instance Launch Unsuccessful', id);
});

test('a launch that is abandoned ends and is replaced', async () => {
  await makeGroup(fleet, { size: 2 });
  const [bad = '', good = ''] = await idsIn(fleet.clients, 'g', 'Pending:Wait', 2);
  await answerHook(fleet.clients, 'g', 'launch', bad, 'ABANDON');
  await answerHook(fleet.clients, 'g', 'launch', good);
  await eventOf(fleet, 'EC2 Instance Launch Unsuccessful', bad);
  expect(await letGo(fleet)).toBe(bad);
  expect(await ec2StateOf(bad)).toBe('terminated');
  const ids = await admit(fleet, 2);
  expect([ids.includes(bad), ids.includes(good)]).toEqual([false, true]);
});

test('terminating without decrement holds the instance in its hook and launches the replacement at once', async () => {
  await makeGroup(fleet, { size: 3 });
  const [id = ''] = await admit(fleet, 3);
  const order = { InstanceId: id, ShouldDecrementDesiredCapacity: false };
  await fleet.scaling.send(new TerminateInstanceInAutoScalingGroupCommand(order));
  await admit(fleet, 3);
  expect([await stateOf(fleet, id), await ec2StateOf(id)]).toEqual(['Terminating:Wait', 'running']);
  await letGo(fleet);
  expect(await ec2StateOf(id)).toBe('terminated');
});

test('terminating with decrement is refused where it would go below the minimum', async () => {
  await makeGroup(fleet, { size: 1, more: { MinSize: 1 } });
  const [id = ''] = await admit(fleet, 1);
  const order = { InstanceId: id, ShouldDecrementDesiredCapacity: true };
  const refused = fleet.scaling.send(new TerminateInstanceInAutoScalingGroupCommand(order));
  await expect(refused).rejects.toThrow('desiredSize equals minSize');
});

test('the desired capacity is kept, upwards and downwards, and over the zones', async () => {
  await makeGroup(fleet, { size: 3 });
  await admit(fleet, 3);
  await resize(5);
  await admit(fleet, 5);
  await resize(3);
  for (const id of await idsIn(fleet.clients, 'g', 'Terminating:Wait', 2))
    await answerHook(fleet.clients, 'g', 'terminate', id);
  await reach(fleet, 'InService InService InService');
  const zones = (await instancesOf(fleet.clients, 'g')).map((one) => one.AvailabilityZone);
  expect(new Set(zones).size).toBe(3);
  await expect(resize(8)).rejects.toMatchObject({ name: 'ValidationError' });
});

test('a group that is protected from deletion stays', async () => {
  await makeGroup(fleet, { size: 0, more: { DeletionProtection: 'prevent-force-deletion' } });
  const remove = (ForceDelete: boolean) =>
    fleet.scaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: 'g', ForceDelete }));
  await expect(remove(true)).rejects.toThrow('deletion protection');
  const protect = { AutoScalingGroupName: 'g', DeletionProtection: 'prevent-all-deletion' as const };
  await fleet.scaling.send(new UpdateAutoScalingGroupCommand(protect));
  await expect(remove(false)).rejects.toThrow('deletion protection');
  await fleet.scaling.send(
    new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'g', DeletionProtection: 'none' }),
  );
  await remove(true);
  await until('the group to go', () => (fleet.groups.all().length === 0 ? true : null));
});
