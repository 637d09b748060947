import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  CloudFormationClient,
  CloudFormationServiceException,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { GetHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createGroupPort } from '../../../../infra/cli/cloud/groups.ts';
import { createParameterPort } from '../../../../infra/cli/cloud/parameters.ts';
import { createStackPort } from '../../../../infra/cli/cloud/stacks.ts';
import { createZonePort } from '../../../../infra/cli/cloud/zones.ts';

const formation = mockClient(CloudFormationClient);
const scaling = mockClient(AutoScalingClient);
const ssm = mockClient(SSMClient);
const route53 = mockClient(Route53Client);
const settings = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const stacks = createStackPort(new CloudFormationClient(settings));

const refusal = (name: string, message: string) =>
  new CloudFormationServiceException({
    name,
    message,
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });

beforeEach(() => {
  for (const mock of [formation, scaling, ssm, route53]) mock.reset();
});

describe('stacks', () => {
  test('a stack that does not exist is none; everything else that fails is told in words', async () => {
    formation
      .on(DescribeStacksCommand)
      .rejectsOnce(refusal('ValidationError', 'Stack with id x does not exist'));
    expect(await stacks.find('x')).toBeNull();
    formation.on(DescribeStacksCommand).rejects(refusal('AccessDenied', 'User is not authorized'));
    await expect(stacks.find('x')).rejects.toThrow(
      'looking for stack x failed: these credentials may not do that: they need cloudformation:DescribeStacks (User is not authorized)',
    );
  });

  test('reads parameters and outputs, and all pages', async () => {
    const one = {
      StackId: 'arn:b',
      StackName: 'b',
      StackStatus: 'CREATE_COMPLETE',
      CreationTime: new Date(0),
    } as const;
    const two = {
      ...one,
      StackName: 'a',
      Parameters: [{ ParameterKey: 'Cluster', ParameterValue: 'core' }],
      Outputs: [{ OutputKey: 'Zone', OutputValue: 'Z1' }],
    };
    formation
      .on(DescribeStacksCommand, { NextToken: undefined })
      .resolves({ Stacks: [one], NextToken: 'more' })
      .on(DescribeStacksCommand, { NextToken: 'more' })
      .resolves({ Stacks: [two] });
    const listed = await stacks.list();
    expect(listed.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(listed[0]?.parameters.get('Cluster')).toBe('core');
    expect(listed[0]?.outputs.get('Zone')).toBe('Z1');
  });

  test('new events come oldest first, and reading ends where they are known', async () => {
    const event = (EventId: string, seconds: number) => ({
      StackId: 's',
      StackName: 's',
      EventId,
      Timestamp: new Date(seconds * 1_000),
      ResourceStatus: 'CREATE_COMPLETE' as const,
    });
    formation
      .on(DescribeStackEventsCommand, { NextToken: undefined })
      .resolves({ StackEvents: [event('5', 2), event('4', 2), event('3', 1)], NextToken: 'older' })
      .on(DescribeStackEventsCommand, { NextToken: 'older' })
      .resolves({ StackEvents: [event('2', 1), event('1', 0)], NextToken: 'oldest' })
      .on(DescribeStackEventsCommand, { NextToken: 'oldest' })
      .rejects(new Error('read too far'));
    const fresh = await stacks.eventsSince('s', new Set(['1']));
    expect(fresh.map(({ id }) => id)).toEqual(['2', '3', '4', '5']);
  });

  test('resources of all pages', async () => {
    const resource = (LogicalResourceId: string) => ({
      LogicalResourceId,
      ResourceType: 'T',
      ResourceStatus: 'CREATE_COMPLETE' as const,
      LastUpdatedTimestamp: new Date(0),
    });
    formation
      .on(ListStackResourcesCommand, { NextToken: undefined })
      .resolves({ StackResourceSummaries: [resource('A')], NextToken: 'more' })
      .on(ListStackResourcesCommand, { NextToken: 'more' })
      .resolves({ StackResourceSummaries: [resource('B')] });
    expect((await stacks.resources('s')).map(({ logicalId }) => logicalId)).toEqual(['A', 'B']);
  });

  test.each([
    ['ValidationError', 'Export x cannot be deleted as it is in use by y', 'delete those stacks first'],
    [
      'ValidationError',
      'Stack [s] cannot be deleted while TerminationProtection is enabled',
      'switch it off',
    ],
    ['Throttling', 'Rate exceeded', 'AWS is busy'],
    ['CredentialsProviderError', 'Could not load', 'no AWS credentials were found'],
    ['SomethingNew', 'a reason nobody knows', 'deleting the stack failed: a reason nobody knows'],
  ])('a deletion that is refused by %s "%s" says what to do', async (name, message, advice) => {
    formation.on(DeleteStackCommand).rejects(refusal(name, message));
    await expect(stacks.remove('s')).rejects.toThrow(advice);
  });

  test('who cannot be reached at all is told where to look', async () => {
    formation.on(DeleteStackCommand).rejects(new Error('connect ECONNREFUSED'));
    await expect(stacks.remove('s')).rejects.toThrow('check the network, AWS_REGION and AWS_ENDPOINT_URL');
    formation.on(DeleteStackCommand).rejects(new Error('Region is missing'));
    await expect(stacks.remove('s')).rejects.toThrow('set AWS_REGION');
  });
});

test('groups are those that say which cluster they belong to', async () => {
  const base = {
    MinSize: 0,
    MaxSize: 9,
    DefaultCooldown: 0,
    AvailabilityZones: [],
    HealthCheckType: 'EC2',
    CreatedTime: new Date(0),
  };
  scaling
    .on(DescribeAutoScalingGroupsCommand, { NextToken: undefined })
    .resolves({
      AutoScalingGroups: [{ ...base, AutoScalingGroupName: 'z', DesiredCapacity: 1 }],
      NextToken: 'more',
    })
    .on(DescribeAutoScalingGroupsCommand, { NextToken: 'more' })
    .resolves({
      AutoScalingGroups: [
        {
          ...base,
          AutoScalingGroupName: 'a',
          DesiredCapacity: 2,
          Tags: [
            { Key: 'etcd-autopilot:cluster', Value: 'core' },
            { Key: 'etcd-autopilot:role', Value: 'worker' },
            { Key: 'etcd-autopilot:metadata', Value: 'role=web' },
            { Key: 'aws:cloudformation:stack-name', Value: 's' },
          ],
          Instances: [
            {
              InstanceId: 'i-1',
              InstanceType: 'r3.large',
              LifecycleState: 'InService',
              AvailabilityZone: 'a',
              HealthStatus: 'Healthy',
              ProtectedFromScaleIn: false,
            },
            {
              InstanceId: 'i-2',
              LifecycleState: 'Pending:Wait',
              AvailabilityZone: 'a',
              HealthStatus: 'Healthy',
              ProtectedFromScaleIn: false,
            },
          ],
        },
      ],
    });
  expect(await createGroupPort(new AutoScalingClient(settings)).list()).toEqual([
    {
      name: 'a',
      cluster: 'core',
      role: 'worker',
      stack: 's',
      metadata: 'role=web',
      desired: 2,
      instances: [
        { id: 'i-1', inService: true, type: 'r3.large' },
        { id: 'i-2', inService: false, type: '' },
      ],
    },
  ]);
});

test('parameters are read ten at a time; those that are not there are left out', async () => {
  ssm.on(GetParametersCommand).callsFake(({ Names }: { readonly Names: readonly string[] }) => ({
    Parameters: Names.filter((name) => name !== 'p3').map((Name) => ({ Name, Value: 'v' })),
  }));
  const names = Array.from({ length: 23 }, (_, at) => `p${at}`);
  const values = await createParameterPort(new SSMClient(settings)).read(names);
  expect(values.size).toBe(22);
  expect(ssm.commandCalls(GetParametersCommand)).toHaveLength(3);
});

test('a hosted zone is told by its name, and one that is not there is none', async () => {
  const zones = createZonePort(new Route53Client(settings));
  const failure = (name: string) => Object.assign(new Error('no'), { name });
  route53
    .on(GetHostedZoneCommand, { Id: 'Z1' })
    .resolves({ HostedZone: { Id: '/hostedzone/Z1', Name: 'Example.org.', CallerReference: 'x' } })
    .on(GetHostedZoneCommand, { Id: 'Z2' })
    .rejects(failure('NoSuchHostedZone'))
    .on(GetHostedZoneCommand, { Id: 'Z3' })
    .rejects(failure('AccessDenied'));
  expect(await zones.nameOf('Z1')).toBe('example.org');
  expect(await zones.nameOf('Z2')).toBeNull();
  await expect(zones.nameOf('Z3')).rejects.toThrow('route53:GetHostedZone');
});
