import { setTimeout as sleep } from 'node:timers/promises';
import {
  AttachInstancesCommand,
  DescribeAutoScalingGroupsCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  SetInstanceProtectionCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  admit,
  type Fleet,
  letGo,
  makeGroup,
  openFleet,
  reportUnhealthy,
  stateOf,
  TWO_CHECKS_MS,
} from './fixtures/fleet.ts';
import { ended, reach, startRefresh } from './fixtures/refresh.ts';
import { answerHook, idsIn, instancesOf } from './fixtures/region.ts';

let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

function enter(id: string, decrement: boolean) {
  return fleet.scaling.send(
    new EnterStandbyCommand({
      AutoScalingGroupName: 'g',
      InstanceIds: [id],
      ShouldDecrementDesiredCapacity: decrement,
    }),
  );
}

function exit(id: string) {
  return fleet.scaling.send(new ExitStandbyCommand({ AutoScalingGroupName: 'g', InstanceIds: [id] }));
}

async function desired(): Promise<number | undefined> {
  const answer = await fleet.scaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['g'] }),
  );
  return answer.AutoScalingGroups?.[0]?.DesiredCapacity;
}

test('an instance in standby stays, uncounted and unchecked, and comes back through its launch hook', async () => {
  await makeGroup(fleet, { size: 2 });
  const [id = ''] = await admit(fleet, 2);
  const { Activities } = await enter(id, true);
  expect(Activities?.[0]).toMatchObject({
    Description: `Moving EC2 instance to Standby: ${id}`,
    StatusCode: 'Successful',
  });
  expect([await desired(), await stateOf(fleet, id)]).toEqual([1, 'Standby']);
  await reportUnhealthy(fleet, id);
  await sleep(TWO_CHECKS_MS);
  await reach(fleet, 'InService Standby');
  await fleet.scaling.send(
    new SuspendProcessesCommand({ AutoScalingGroupName: 'g', ScalingProcesses: ['ReplaceUnhealthy'] }),
  );
  await exit(id);
  expect(await desired()).toBe(2);
  await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
  const events = fleet.eventsOf('EC2 Instance-launch Lifecycle Action', id);
  expect(events.map((put) => put.detail['Origin'])).toEqual(['EC2', 'EC2']);
  await answerHook(fleet.clients, 'g', 'launch', id);
  await reach(fleet, 'InService InService');
});

test('without decrement somebody else is launched for it; coming back grows the group', async () => {
  await makeGroup(fleet, { size: 1, hooks: false });
  const [id = ''] = await admit(fleet, 1);
  await enter(id, false);
  await reach(fleet, 'InService Standby');
  expect(await desired()).toBe(1);
  await exit(id);
  await reach(fleet, 'InService InService');
  expect(await desired()).toBe(2);
});

test('what does not fit is refused: not in service, not in standby, below the minimum, above the maximum', async () => {
  await makeGroup(fleet, { size: 1, max: 1, hooks: false, more: { MinSize: 1 } });
  const [id = ''] = await admit(fleet, 1);
  await expect(enter(id, true)).rejects.toThrow('lower the minimum');
  await expect(exit(id)).rejects.toThrow('not in Standby');
  await enter(id, false);
  await expect(enter(id, false)).rejects.toThrow('not in InService');
  await expect(exit(id)).rejects.toThrow('exceed the maximum');
  await expect(enter('i-00000000000000000', true)).rejects.toThrow('is not part of');
});

test('a detached instance runs on without its group, and can be attached again', async () => {
  await makeGroup(fleet, { size: 2 });
  const [id = ''] = await admit(fleet, 2);
  await fleet.scaling.send(
    new DetachInstancesCommand({
      AutoScalingGroupName: 'g',
      InstanceIds: [id],
      ShouldDecrementDesiredCapacity: true,
    }),
  );
  await sleep(TWO_CHECKS_MS);
  expect([await stateOf(fleet, id), await desired()]).toEqual([null, 1]);
  expect(fleet.calls).not.toContain(`stop ${id}`);
  expect(await groupTagOf(id)).toBeUndefined();
  const attach = () =>
    fleet.scaling.send(new AttachInstancesCommand({ AutoScalingGroupName: 'g', InstanceIds: [id] }));
  await attach();
  await admit(fleet, 2);
  expect([await stateOf(fleet, id), await desired()]).toEqual(['InService', 2]);
  expect(await groupTagOf(id)).toBe('g');
  await expect(attach()).rejects.toThrow('belongs to an Auto Scaling group');
});

async function groupTagOf(id: string): Promise<string | undefined> {
  const answer = await fleet.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const tags = answer.Reservations?.[0]?.Instances?.[0]?.Tags ?? [];
  expect(answer.Reservations?.[0]?.Instances?.[0]?.State?.Name).toBe('running');
  return tags.find((tag) => tag.Key === 'aws:autoscaling:groupName')?.Value;
}

test('a detached instance is replaced when the desired capacity stays', async () => {
  await makeGroup(fleet, { size: 1, hooks: false });
  const [id = ''] = await admit(fleet, 1);
  await fleet.scaling.send(
    new DetachInstancesCommand({
      AutoScalingGroupName: 'g',
      InstanceIds: [id],
      ShouldDecrementDesiredCapacity: false,
    }),
  );
  expect(await admit(fleet, 1)).not.toContain(id);
});

test('terminating with decrement shrinks the group, protected or not', async () => {
  await makeGroup(fleet, { size: 2 });
  const [id = ''] = await admit(fleet, 2);
  await fleet.scaling.send(
    new SetInstanceProtectionCommand({
      AutoScalingGroupName: 'g',
      InstanceIds: [id],
      ProtectedFromScaleIn: true,
    }),
  );
  await fleet.scaling.send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: id, ShouldDecrementDesiredCapacity: true }),
  );
  expect(await letGo(fleet)).toBe(id);
  await sleep(TWO_CHECKS_MS);
  await reach(fleet, 'InService');
});

test.each(['Terminate', 'Ignore', 'Wait'] as const)('a refresh and standby: %s', async (StandbyInstances) => {
  await makeGroup(fleet, { size: 2, hooks: false });
  const [id = ''] = await admit(fleet, 2);
  await enter(id, true);
  await startRefresh(fleet, { StandbyInstances });
  if (StandbyInstances === 'Wait') {
    await sleep(TWO_CHECKS_MS * 4);
    expect(await stateOf(fleet, id)).toBe('Standby');
    await exit(id);
  }
  await ended(fleet, 'Successful');
  expect(await stateOf(fleet, id)).toBe(StandbyInstances === 'Ignore' ? 'Standby' : null);
  expect((await instancesOf(fleet.clients, 'g')).length).toBe(StandbyInstances === 'Terminate' ? 1 : 2);
});

test('a process that does not exist is refused', async () => {
  await makeGroup(fleet, { size: 0 });
  const command = new SuspendProcessesCommand({ AutoScalingGroupName: 'g', ScalingProcesses: ['Sleep'] });
  await expect(fleet.scaling.send(command)).rejects.toThrow('Sleep');
});
