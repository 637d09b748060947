import { setTimeout as sleep } from 'node:timers/promises';
import {
  ResumeProcessesCommand,
  SetInstanceHealthCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  admit,
  eventOf,
  type Fleet,
  letGo,
  makeGroup,
  openFleet,
  stateOf,
  TWO_CHECKS_MS,
} from './fixtures/fleet.ts';
import { idsIn, instancesOf } from './fixtures/region.ts';

let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

function report(id: string, status = 'Unhealthy', respectsGrace?: boolean) {
  return fleet.scaling.send(
    new SetInstanceHealthCommand({
      InstanceId: id,
      HealthStatus: status,
      ...(respectsGrace === undefined ? {} : { ShouldRespectGracePeriod: respectsGrace }),
    }),
  );
}

async function healthOf(id: string): Promise<string | undefined> {
  return (await instancesOf(fleet.clients, 'g')).find((one) => one.InstanceId === id)?.HealthStatus;
}

test('an instance that is reported unhealthy leaves through its terminate hook and is replaced at once', async () => {
  await makeGroup(fleet, { size: 3 });
  const [id = ''] = await admit(fleet, 3);
  await report(id);
  expect(await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1)).toEqual([id]);
  const event = await eventOf(fleet, 'EC2 Instance-terminate Lifecycle Action', id);
  expect(event.detail).toMatchObject({ Origin: 'AutoScalingGroup', Destination: 'EC2' });
  expect(await admit(fleet, 3)).not.toContain(id);
  expect(await letGo(fleet)).toBe(id);
  const ended = await eventOf(fleet, 'EC2 Instance Terminate Successful', id);
  expect(ended.detail['Cause']).toMatch(/ in response to a user health-check\.$/);
});

test('a report respects the grace period unless it is told not to', async () => {
  await makeGroup(fleet, { size: 1, more: { HealthCheckGracePeriod: 600 } });
  const [id = ''] = await admit(fleet, 1);
  await report(id);
  expect(await healthOf(id)).toBe('Healthy');
  await report(id, 'Unhealthy', true);
  expect(await healthOf(id)).toBe('Healthy');
  await report(id, 'Unhealthy', false);
  expect(await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1)).toEqual([id]);
});

test('nothing is replaced while ReplaceUnhealthy is suspended, and a report can be taken back', async () => {
  await makeGroup(fleet, { size: 1 });
  const [id = ''] = await admit(fleet, 1);
  const processes = { AutoScalingGroupName: 'g', ScalingProcesses: ['ReplaceUnhealthy'] };
  await fleet.scaling.send(new SuspendProcessesCommand(processes));
  await report(id);
  await sleep(TWO_CHECKS_MS);
  expect([await healthOf(id), await stateOf(fleet, id)]).toEqual(['Unhealthy', 'InService']);
  await report(id, 'Healthy');
  await fleet.scaling.send(new ResumeProcessesCommand(processes));
  await sleep(TWO_CHECKS_MS);
  expect([await healthOf(id), await stateOf(fleet, id)]).toEqual(['Healthy', 'InService']);
  await report(id);
  expect(await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1)).toEqual([id]);
});

test('suspending HealthCheck stops the own checks of the group, not those of a caller', async () => {
  await makeGroup(fleet, { size: 2, hooks: false });
  const [dead = '', silent = ''] = await admit(fleet, 2);
  const processes = { AutoScalingGroupName: 'g', ScalingProcesses: ['HealthCheck'] };
  await fleet.scaling.send(new SuspendProcessesCommand(processes));
  await fleet.ec2.send(new TerminateInstancesCommand({ InstanceIds: [dead] }));
  await report(silent);
  await eventOf(fleet, 'EC2 Instance Terminate Successful', silent);
  await sleep(TWO_CHECKS_MS);
  expect(await stateOf(fleet, dead)).toBe('InService');
});

test('an unknown instance and an unknown status are refused', async () => {
  await makeGroup(fleet, { size: 1 });
  const [id = ''] = await admit(fleet, 1);
  await expect(report('i-00000000000000000')).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('i-00000000000000000'),
  });
  await expect(report(id, 'Tired')).rejects.toMatchObject({ name: 'ValidationError' });
});
