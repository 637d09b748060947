import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CompleteLifecycleActionCommand,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  ExecutePolicyCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteStack, putStack } from '../../../infra/local/stacks.ts';
import {
  answerHook,
  type Clients,
  clientsOf,
  idsIn,
  instancesOf,
  notesOf,
  openRegion,
  until,
} from './fixtures/region.ts';
import { baseTemplate, groupTemplate } from './fixtures/toy.ts';

let region: Awaited<ReturnType<typeof openRegion>>;
let clients: Clients;

beforeAll(async () => {
  region = await openRegion();
  clients = clientsOf(region);
  await putStack(region, { name: 'toy', templateText: baseTemplate() });
  // Its hooks are answered by nobody; the last test looks what became of them.
  await putStack(region, {
    name: 'late',
    templateText: groupTemplate({ name: 'late', size: 1, heartbeatSeconds: 30 }),
  });
}, 90_000);

afterAll(() => region.close(), 20_000);

async function inService(group: string, count: number): Promise<readonly string[]> {
  for (const id of await idsIn(clients, group, 'Pending:Wait', count))
    await answerHook(clients, group, 'toy-launch', id);
  return idsIn(clients, group, 'InService', count);
}

async function settleLaunches(group: string, count: number): Promise<readonly string[]> {
  return until(`${count} of ${group} in service`, async () => {
    const all = await instancesOf(clients, group);
    for (const one of all.filter((other) => other.LifecycleState === 'Pending:Wait'))
      await answerHook(clients, group, 'toy-launch', one.InstanceId ?? '');
    const ids = all.filter((one) => one.LifecycleState === 'InService').map((one) => one.InstanceId ?? '');
    return ids.length === count && all.length === count ? ids : null;
  });
}

async function release(group: string, count: number): Promise<void> {
  for (const id of await idsIn(clients, group, 'Terminating:Wait', count))
    await answerHook(clients, group, 'toy-terminate', id);
}

async function ec2StateOf(id: string): Promise<string | undefined> {
  const answer = await clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return answer.Reservations?.[0]?.Instances?.[0]?.State?.Name;
}

describe('a group with hooks, through stock SDK calls', { timeout: 30_000 }, () => {
  test('instances of a stack wait in Pending:Wait while their user data runs, spread over zones', async () => {
    await putStack(region, { name: 'a', templateText: groupTemplate({ name: 'a', size: 3 }) });
    const ids = await idsIn(clients, 'a', 'Pending:Wait', 3);
    expect(new Set((await instancesOf(clients, 'a')).map((one) => one.AvailabilityZone)).size).toBe(3);
    for (const id of ids) {
      const whoami = await until(`the user data of ${id}`, () => {
        const path = join(region.machines.rootOf(id), 'etc/whoami');
        try {
          return readFileSync(path, 'utf8') || null;
        } catch {
          return null;
        }
      });
      expect(whoami).toBe(id);
    }
  });

  test('the event of a hook reaches the queue of the rule with the token that completes it', async () => {
    const notes = await until('three launch events', async () => {
      const seen = (await notesOf(clients, '/toy/handled')).filter((note) => note['group'] === 'a');
      return seen.length === 3 ? seen : null;
    });
    expect(new Set(notes.map((note) => note['type']))).toEqual(
      new Set(['EC2 Instance-launch Lifecycle Action']),
    );
    expect(new Set(notes.map((note) => note['instance']))).toEqual(
      new Set((await instancesOf(clients, 'a')).map((one) => one.InstanceId)),
    );
  });

  test('a hook can be kept alive and completed once; then nothing is pending', async () => {
    const [first = ''] = await idsIn(clients, 'a', 'Pending:Wait', 3);
    const action = { AutoScalingGroupName: 'a', LifecycleHookName: 'toy-launch', InstanceId: first };
    await clients.scaling.send(new RecordLifecycleActionHeartbeatCommand(action));
    await clients.scaling.send(
      new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult: 'CONTINUE' }),
    );
    await idsIn(clients, 'a', 'InService', 1);
    const again = clients.scaling.send(
      new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult: 'CONTINUE' }),
    );
    await expect(again).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('No active Lifecycle Action found with'),
    });
  });

  test('a launch that is abandoned ends and is replaced', async () => {
    const [bad = '', good = ''] = await idsIn(clients, 'a', 'Pending:Wait', 2);
    await answerHook(clients, 'a', 'toy-launch', bad, 'ABANDON');
    await answerHook(clients, 'a', 'toy-launch', good);
    await release('a', 1);
    await until('the abandoned instance to be terminated', async () =>
      (await ec2StateOf(bad)) === 'terminated' ? true : null,
    );
    const ids = await settleLaunches('a', 3);
    expect(ids).not.toContain(bad);
  });

  test('terminating without decrement holds the instance in its hook and launches the replacement at once', async () => {
    const [id = ''] = await idsIn(clients, 'a', 'InService', 3);
    await clients.scaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: id,
        ShouldDecrementDesiredCapacity: false,
      }),
    );
    await inServiceAfterReplacement();
    expect(await idsIn(clients, 'a', 'Terminating:Wait', 1)).toEqual([id]);
    expect(await ec2StateOf(id)).toBe('running');
    await release('a', 1);
    await until('termination', async () => ((await ec2StateOf(id)) === 'terminated' ? true : null));
    expect((await instancesOf(clients, 'a')).map((one) => one.InstanceId)).not.toContain(id);
  });

  async function inServiceAfterReplacement(): Promise<void> {
    const [fresh = ''] = await idsIn(clients, 'a', 'Pending:Wait', 1);
    await answerHook(clients, 'a', 'toy-launch', fresh);
    await idsIn(clients, 'a', 'InService', 3);
  }

  test('the desired capacity is kept, upwards and downwards', async () => {
    await clients.scaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: 'a', DesiredCapacity: 5 }),
    );
    await settleLaunches('a', 5);
    await clients.scaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: 'a', DesiredCapacity: 3 }),
    );
    await release('a', 2);
    await settleLaunches('a', 3);
    const zones = (await instancesOf(clients, 'a')).map((one) => one.AvailabilityZone);
    expect(new Set(zones).size).toBe(3);
    const tooMany = clients.scaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: 'a', DesiredCapacity: 8 }),
    );
    await expect(tooMany).rejects.toMatchObject({ name: 'ValidationError' });
  });

  test.each(['its process tree dies', 'EC2 terminates it', 'it is reported unhealthy'])(
    'an instance is replaced when %s',
    async (how) => {
      const [id = ''] = await idsIn(clients, 'a', 'InService', 3);
      if (how.startsWith('its')) process.kill(-(region.machines.pidOf(id) ?? Number.NaN), 'SIGKILL');
      else if (how.startsWith('EC2'))
        await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      else
        await clients.scaling.send(
          new SetInstanceHealthCommand({ InstanceId: id, HealthStatus: 'Unhealthy' }),
        );
      expect(await idsIn(clients, 'a', 'Terminating:Wait', 1)).toEqual([id]);
      const expected = how.startsWith('it is') ? 'running' : 'terminated';
      await until(expected, async () => ((await ec2StateOf(id)) === expected ? true : null));
      await release('a', 1);
      expect(await settleLaunches('a', 3)).not.toContain(id);
    },
  );

  test('activities, tags and filters read as on the platform; an unknown action is refused by name', async () => {
    const tag = {
      ResourceId: 'a',
      ResourceType: 'auto-scaling-group',
      Key: 'extra',
      Value: 'yes',
      PropagateAtLaunch: false,
    };
    await clients.scaling.send(new CreateOrUpdateTagsCommand({ Tags: [tag] }));
    const find = (value: string) =>
      clients.scaling.send(
        new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: 'tag:extra', Values: [value] }] }),
      );
    expect((await find('yes')).AutoScalingGroups?.map((group) => group.AutoScalingGroupName)).toEqual(['a']);
    expect((await find('no')).AutoScalingGroups).toEqual([]);
    const [id = ''] = await idsIn(clients, 'a', 'InService', 3);
    const activities =
      (await clients.scaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'a' })))
        .Activities ?? [];
    const launch = activities.find((one) => one.Description === `Launching a new EC2 instance: ${id}`);
    expect(launch).toMatchObject({
      StatusCode: 'Successful',
      StartTime: expect.any(Date),
      EndTime: expect.any(Date),
    });
    const unknown = clients.scaling.send(
      new ExecutePolicyCommand({ AutoScalingGroupName: 'a', PolicyName: 'none' }),
    );
    await expect(unknown).rejects.toThrow('ExecutePolicy');
  });

  test('other user data makes a new version of the template and leaves group and instances alone', async () => {
    const before = await instancesOf(clients, 'a');
    await putStack(region, {
      name: 'a',
      templateText: groupTemplate({ name: 'a', size: 3, note: 'second' }),
    });
    expect((await instancesOf(clients, 'a')).map((one) => one.InstanceId)).toEqual(
      before.map((one) => one.InstanceId),
    );
    const [id = ''] = await idsIn(clients, 'a', 'InService', 3);
    await clients.scaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: id,
        ShouldDecrementDesiredCapacity: false,
      }),
    );
    await release('a', 1);
    await settleLaunches('a', 3);
    const versions = (await instancesOf(clients, 'a')).map((one) => one.LaunchTemplate?.Version).sort();
    expect(versions).toEqual(['1', '1', '2']);
  });

  test('a stack with instances is deleted when their hooks have let them go, and its name is free again', async () => {
    const deletion = deleteStack(region, { name: 'a' });
    await release('a', 3);
    await deletion;
    expect(await instancesOf(clients, 'a')).toEqual([]);
    const left = await clients.ec2.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: 'tag:aws:autoscaling:groupName', Values: ['a'] },
          { Name: 'instance-state-name', Values: ['pending', 'running', 'shutting-down'] },
        ],
      }),
    );
    expect(left.Reservations).toEqual([]);
    await putStack(region, { name: 'a', templateText: groupTemplate({ name: 'a', size: 1 }) });
    await inService('a', 1);
  });

  test('a group made by hand of a template made by hand works the same', async () => {
    const userData = Buffer.from('#!/bin/sh\nsleep 600\n').toString('base64');
    await clients.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'plain',
        LaunchTemplateData: { UserData: userData },
      }),
    );
    await clients.scaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'plain',
        MinSize: 1,
        MaxSize: 2,
        AvailabilityZones: ['us-east-1a'],
        LaunchTemplate: { LaunchTemplateName: 'plain', Version: '$Latest' },
      }),
    );
    const [id = ''] = await idsIn(clients, 'plain', 'InService', 1);
    const refused = clients.scaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: id,
        ShouldDecrementDesiredCapacity: true,
      }),
    );
    await expect(refused).rejects.toThrow('desiredSize equals minSize');
  });

  test('a hook that nobody answers takes its default result when its heartbeat is over', async () => {
    const before = await until(
      'the first launch of late',
      async () => {
        const answer = await clients.scaling.send(
          new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'late' }),
        );
        return answer.Activities?.find((one) => one.StatusCode === 'Failed') ?? null;
      },
      40_000,
    );
    expect(before.StatusMessage).toContain('no answer in time');
    const seconds = (Number(before.EndTime) - Number(before.StartTime)) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(seconds).toBeLessThan(35);
  }, 45_000);
});
