import {
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, type Instance } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admit, type Fleet, makeGroup, openFleet, stateOf } from './fixtures/fleet.ts';
import { answerHook, idsIn, until } from './fixtures/region.ts';

let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

async function described(): Promise<readonly Instance[]> {
  const { Reservations = [] } = await fleet.ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

const group = async () =>
  (await fleet.scaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups?.[0];

describe('a mixed instances policy', () => {
  const mixed = (shares: Readonly<Record<string, unknown>>) => ({
    LaunchTemplate: undefined,
    MixedInstancesPolicy: {
      InstancesDistribution: shares,
      LaunchTemplate: {
        LaunchTemplateSpecification: { LaunchTemplateName: 'toy', Version: '$Latest' },
        Overrides: [{ InstanceType: 'r3.large' }, { InstanceType: 'm3.large' }],
      },
    },
  });
  const bought = async () =>
    (await described()).map((one) => `${one.InstanceType} ${one.InstanceLifecycle ?? 'on demand'}`).sort();

  test('takes the first of its types for what is on demand, and all in turn for spot instances', async () => {
    const shares = { OnDemandAllocationStrategy: 'prioritized', OnDemandBaseCapacity: 1 };
    await makeGroup(fleet, { size: 5, more: mixed({ ...shares, OnDemandPercentageAboveBaseCapacity: 50 }) });
    await admit(fleet, 5);
    expect(await bought()).toEqual([
      'm3.large spot',
      'm3.large spot',
      'r3.large on demand',
      'r3.large on demand',
      'r3.large on demand',
    ]);
    expect((await group())?.MixedInstancesPolicy).toMatchObject({
      LaunchTemplate: { Overrides: [{ InstanceType: 'r3.large' }, { InstanceType: 'm3.large' }] },
      InstancesDistribution: { OnDemandBaseCapacity: 1, OnDemandPercentageAboveBaseCapacity: 50 },
    });
    expect((await group())?.LaunchTemplate).toBeUndefined();
  });

  test('takes all of them in turn with any other strategy, and ends when the group is given a launch template', async () => {
    await makeGroup(fleet, { size: 2, more: mixed({ OnDemandAllocationStrategy: 'lowest-price' }) });
    await admit(fleet, 2);
    expect(await bought()).toEqual(['m3.large on demand', 'r3.large on demand']);
    const LaunchTemplate = { LaunchTemplateName: 'toy', Version: '$Latest' };
    await fleet.scaling.send(
      new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'g', LaunchTemplate, DesiredCapacity: 3 }),
    );
    await admit(fleet, 3);
    expect(await bought()).toContain('t3.micro on demand');
    expect((await group())?.MixedInstancesPolicy).toBeUndefined();
  });
});

test('every terminate hook holds the instance until its own finisher lets it go', async () => {
  const hook = (LifecycleHookName: string) => ({
    LifecycleHookName,
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    HeartbeatTimeout: 60,
    DefaultResult: 'CONTINUE',
  });
  await makeGroup(fleet, {
    size: 1,
    hooks: false,
    more: { LifecycleHookSpecificationList: [hook('dns'), hook('registry')] },
  });
  await idsIn(fleet.clients, 'g', 'InService', 1);
  await fleet.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: 'g', DesiredCapacity: 0 }));
  const [id = ''] = await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
  await answerHook(fleet.clients, 'g', 'registry', id);
  await expect(answerHook(fleet.clients, 'g', 'registry', id)).rejects.toThrow(
    'No active Lifecycle Action found',
  );
  expect(await stateOf(fleet, id)).toBe('Terminating:Wait');
  await answerHook(fleet.clients, 'g', 'dns', id);
  await until('it is gone', async () => ((await stateOf(fleet, id)) === null ? true : null));
});

test('instances have public addresses where their subnet gives them, and IPv6 addresses; gone ones have none', async () => {
  const subnets = { AvailabilityZones: undefined, VPCZoneIdentifier: 'subnet-public-a,subnet-b' };
  await makeGroup(fleet, { size: 2, more: subnets });
  await admit(fleet, 2);
  const seen = await described();
  const last = ({ PrivateIpAddress = '' }: Instance): string => PrivateIpAddress.split('.').at(-1) ?? '';
  for (const one of seen) {
    const publicIp = one.SubnetId === 'subnet-public-a' ? `198.51.100.${last(one)}` : undefined;
    expect(one.PublicIpAddress).toBe(publicIp);
    expect(one.NetworkInterfaces?.[0]?.Ipv6Addresses?.[0]?.Ipv6Address).toBe(`2001:db8::44:${last(one)}`);
  }
  const id = seen[0]?.InstanceId ?? '';
  await fleet.groups.lifecycle.endMachine(fleet.groups.instance(id), false);
  const gone = (await described()).find((one) => one.InstanceId === id);
  expect([gone?.PrivateIpAddress, gone?.PublicIpAddress, gone?.NetworkInterfaces]).toEqual([
    undefined,
    undefined,
    [],
  ]);
});

describe('a target group', () => {
  const behind = { TargetGroupARNs: ['tg'], HealthCheckType: 'ELB', HealthCheckGracePeriod: 0 };
  const registered = (count: number) =>
    until(`${count} targets`, () =>
      fleet.targets.registered.length === count ? [...fleet.targets.registered].sort() : null,
    );

  test('has who is in service, and loses who leaves before the terminate hooks let go', async () => {
    await makeGroup(fleet, { size: 2, more: behind });
    await idsIn(fleet.clients, 'g', 'Pending:Wait', 2);
    expect(fleet.targets.registered).toEqual([]);
    const ids = await admit(fleet, 2);
    expect(await registered(2)).toEqual([...ids].sort());
    await fleet.scaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: 'g', DesiredCapacity: 1 }),
    );
    const [leaving = ''] = await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
    expect(await registered(1)).toEqual(ids.filter((id) => id !== leaving));
    expect(await stateOf(fleet, leaving)).toBe('Terminating:Wait');
  });

  test('whose checks an instance fails gets it replaced, in a group that heeds them', async () => {
    await makeGroup(fleet, { size: 1, more: behind });
    const [id = ''] = await admit(fleet, 1);
    await until('healthy', () => (fleet.balancers.stateOf('tg', id) === 'healthy' ? true : null));
    fleet.targets.failing.add(fleet.groups.instance(id).address);
    await until('it leaves', async () =>
      (await stateOf(fleet, id))?.startsWith('Terminating') ? true : null,
    );
    const { Activities = [] } = await fleet.scaling.send(
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'g' }),
    );
    expect(Activities.map(({ Cause }) => Cause).join()).toContain('an ELB system health check failure');
  });

  test('gets nobody replaced in a group that looks at EC2 only', async () => {
    await makeGroup(fleet, { size: 1, more: { ...behind, HealthCheckType: 'EC2' } });
    const [id = ''] = await admit(fleet, 1);
    fleet.targets.failing.add(fleet.groups.instance(id).address);
    await until('unhealthy', () => (fleet.balancers.stateOf('tg', id) === 'unhealthy' ? true : null));
    await until('two more checks', () => fleet.targets.checks() > 6 || null);
    expect(await stateOf(fleet, id)).toBe('InService');
  });

  test('that does not exist is refused', async () => {
    await expect(makeGroup(fleet, { size: 1, more: { TargetGroupARNs: ['other'] } })).rejects.toThrow(
      "Target group 'other' not found",
    );
  });
});
