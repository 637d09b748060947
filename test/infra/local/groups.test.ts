import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeWarmPoolCommand,
  PutWarmPoolCommand,
  SetInstanceHealthCommand,
  StartInstanceRefreshCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { AddPermissionCommand, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteStack, putStack } from '../../../infra/local/stacks.ts';
import {
  type Clients,
  clientsOf,
  idsIn,
  instancesOf,
  notesOf,
  openRegion,
  until,
} from './fixtures/region.ts';
import { baseTemplate, groupTemplate } from './fixtures/toy.ts';
import { addressOf, ec2StateOf, inService, release, resize, settleLaunches } from './fixtures/toy-group.ts';

/** How a group treats its instances, as its template says it. */
const CONDUCT = {
  TerminationPolicies: ['OldestLaunchTemplate', 'NewestInstance'],
  InstanceMaintenancePolicy: { MinHealthyPercentage: 60, MaxHealthyPercentage: 150 },
  DefaultInstanceWarmup: 7,
  HealthCheckGracePeriod: 1,
  AvailabilityZoneDistribution: { CapacityDistributionStrategy: 'balanced-only' },
  InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: 'retain' } },
  DeletionProtection: 'prevent-force-deletion',
};
/** The group `a` with its template in this version. */
const templateOfA = (note: string): string => groupTemplate({ name: 'a', size: 3, note, more: CONDUCT });

let region: Awaited<ReturnType<typeof openRegion>>;
let clients: Clients;
/** The region's log. */
const said: string[] = [];

beforeAll(async () => {
  region = await openRegion({ log: (line) => void said.push(line) });
  clients = clientsOf(region);
  await putStack(region, { name: 'toy', templateText: baseTemplate() });
}, 90_000);

afterAll(() => region.close(), 20_000);

describe('a group with hooks, through stock SDK calls', { timeout: 30_000 }, () => {
  test('instances of a stack wait in Pending:Wait while their user data runs, spread over zones', async () => {
    await putStack(region, { name: 'a', templateText: templateOfA('first') });
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

  test('what the template says of the group is what clients read', async () => {
    await settleLaunches(clients, 'a', 3);
    const answer = await clients.scaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['a'] }),
    );
    expect(answer.AutoScalingGroups?.[0]).toMatchObject(CONDUCT);
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
          new SetInstanceHealthCommand({
            InstanceId: id,
            HealthStatus: 'Unhealthy',
            ShouldRespectGracePeriod: false,
          }),
        );
      expect(await idsIn(clients, 'a', 'Terminating:Wait', 1)).toEqual([id]);
      const expected = how.startsWith('it is') ? 'running' : 'terminated';
      await until(expected, async () => ((await ec2StateOf(clients, id)) === expected ? true : null));
      await release(clients, 'a', 1);
      expect(await settleLaunches(clients, 'a', 3)).not.toContain(id);
    },
  );

  test('other user data makes a new version of the template and leaves sizes and instances alone', async () => {
    const byHand = { AutoScalingGroupName: 'a', MaxSize: 6 };
    await clients.scaling.send(new UpdateAutoScalingGroupCommand(byHand));
    const before = await instancesOf(clients, 'a');
    await putStack(region, { name: 'a', templateText: templateOfA('second') });
    expect((await instancesOf(clients, 'a')).map((one) => one.InstanceId)).toEqual(
      before.map((one) => one.InstanceId),
    );
    expect(region.groups.get('a').maxSize).toBe(6);
    const [id = ''] = await idsIn(clients, 'a', 'InService', 3);
    await clients.scaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: id,
        ShouldDecrementDesiredCapacity: false,
      }),
    );
    await release(clients, 'a', 1);
    await settleLaunches(clients, 'a', 3);
    const versions = (await instancesOf(clients, 'a')).map((one) => one.LaunchTemplate?.Version).sort();
    expect(versions).toEqual(['1', '1', '2']);
  });

  test('a tag that the template drops is gone, and those that others put there stay', async () => {
    const tagged = { ...CONDUCT, Tags: [{ Key: 'colour', Value: 'red', PropagateAtLaunch: false }] };
    const templateText = groupTemplate({ name: 'a', size: 3, note: 'second', more: tagged });
    const keys = () => region.groups.get('a').tags.map(({ key }) => key);
    await putStack(region, { name: 'a', templateText });
    expect(keys()).toContain('colour');
    region.groups.get('a').tags.push({ key: 'byHand', value: 'x', propagate: false });
    await putStack(region, { name: 'a', templateText: templateOfA('second') });
    expect(keys()).not.toContain('colour');
    expect(keys()).toEqual(expect.arrayContaining(['byHand', 'aws:cloudformation:stack-name']));
  });

  test('a stack with instances is deleted when their hooks have let them go, and its name is free again', async () => {
    const deletion = deleteStack(region, { name: 'a' });
    await release(clients, 'a', 3);
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
    await inService(clients, 'a', 1);
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
    writeFileSync(join(region.machines.rootOf(id), 'marker'), id);
  });

  test('a root volume is replaced under an instance that keeps its id and its address', async () => {
    const [id = ''] = await idsIn(clients, 'plain', 'InService', 1);
    const before = [region.machines.pidOf(id), await addressOf(clients, id)];
    await clients.scaling.send(
      new StartInstanceRefreshCommand({ AutoScalingGroupName: 'plain', Strategy: 'ReplaceRootVolume' }),
    );
    await until('the refresh', async () => {
      const answer = await clients.scaling.send(
        new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'plain' }),
      );
      return answer.InstanceRefreshes?.[0]?.Status === 'Successful' ? true : null;
    });
    expect(await idsIn(clients, 'plain', 'InService', 1)).toEqual([id]);
    expect(existsSync(join(region.machines.rootOf(id), 'marker'))).toBe(false);
    expect(region.machines.pidOf(id)).toEqual(expect.any(Number));
    expect([region.machines.pidOf(id) === before[0], await addressOf(clients, id)]).toEqual([
      false,
      before[1],
    ]);
  });

  test('an instance of a warm pool is a machine that stops and starts with its disk', async () => {
    await clients.scaling.send(new PutWarmPoolCommand({ AutoScalingGroupName: 'plain', MinSize: 1 }));
    const id = await until('a stopped instance', async () => {
      const answer = await clients.scaling.send(
        new DescribeWarmPoolCommand({ AutoScalingGroupName: 'plain' }),
      );
      const [one] = answer.Instances ?? [];
      return one?.LifecycleState === 'Warmed:Stopped' ? (one.InstanceId ?? null) : null;
    });
    expect([region.machines.pidOf(id), await ec2StateOf(clients, id)]).toEqual([null, 'stopped']);
    writeFileSync(join(region.machines.rootOf(id), 'marker'), id);
    await resize(clients, 'plain', 2);
    expect(await idsIn(clients, 'plain', 'InService', 2)).toContain(id);
    expect(region.machines.pidOf(id)).toEqual(expect.any(Number));
    expect(existsSync(join(region.machines.rootOf(id), 'marker'))).toBe(true);
  });

  test('a function of the stage is asked as a termination policy, as soon as it may be, and its answer is obeyed', async () => {
    const [first = '', second = ''] = await idsIn(clients, 'plain', 'InService', 2);
    await clients.scaling.send(
      new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: 'plain',
        TerminationPolicies: ['arn:aws:lambda:us-east-1:000000000000:function:toy-toy', 'OldestInstance'],
      }),
    );
    const permission = { FunctionName: 'toy-toy', StatementId: 'Permission' };
    await clients.lambda.send(new RemovePermissionCommand(permission));
    await resize(clients, 'plain', 1);
    await until('the refusal', () => said.find((line) => line.includes('AccessDenied')) ?? null);
    expect(await idsIn(clients, 'plain', 'InService', 2)).toContain(second);
    const role = 'role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';
    await clients.lambda.send(
      new AddPermissionCommand({
        ...permission,
        Action: 'lambda:InvokeFunction',
        Principal: `arn:aws:iam::000000000000:${role}`,
      }),
    );
    expect(await idsIn(clients, 'plain', 'InService', 1)).toEqual([first]);
    expect(first).not.toBe(second);
  });
});
