import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeSpotInstanceRequestsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import {
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import type { StormApi } from './api.ts';
import type { Input, Platform, StormCall } from './platform.ts';

const region = 'eu-central-1';

/** The clients that the adapters work with, answered by the simulated platform; any other call fails. */
export function clientsOf(api: StormApi, platform: Platform, by: string) {
  const clients = {
    autoscaling: new AutoScalingClient({ region }),
    ec2: new EC2Client({ region }),
    route53: new Route53Client({ region }),
    ssm: new SSMClient({ region }),
  };
  const as = (call: StormCall) => (input: Input) =>
    api.call(by, call, () => platform.answer(call, input), { weight: platform.weightOf(call, input) });

  mockClient(clients.autoscaling)
    .on(DescribeAutoScalingGroupsCommand)
    .callsFake(as('autoscaling:DescribeAutoScalingGroups'))
    .on(DescribeLifecycleHooksCommand)
    .callsFake(as('autoscaling:DescribeLifecycleHooks'))
    .on(DescribeScalingActivitiesCommand)
    .callsFake(as('autoscaling:DescribeScalingActivities'))
    .on(CompleteLifecycleActionCommand)
    .callsFake(as('autoscaling:CompleteLifecycleAction'))
    .on(RecordLifecycleActionHeartbeatCommand)
    .callsFake(as('autoscaling:RecordLifecycleActionHeartbeat'));
  mockClient(clients.ec2)
    .on(DescribeInstancesCommand)
    .callsFake(as('ec2:DescribeInstances'))
    .on(DescribeInstanceStatusCommand)
    .callsFake(as('ec2:DescribeInstanceStatus'))
    .on(DescribeSpotInstanceRequestsCommand)
    .callsFake(as('ec2:DescribeSpotInstanceRequests'));
  mockClient(clients.route53)
    .on(GetHostedZoneCommand)
    .callsFake(as('route53:GetHostedZone'))
    .on(ListResourceRecordSetsCommand)
    .callsFake(as('route53:ListResourceRecordSets'))
    .on(ChangeResourceRecordSetsCommand)
    .callsFake(as('route53:ChangeResourceRecordSets'))
    .on(GetChangeCommand)
    .callsFake(as('route53:GetChange'));
  mockClient(clients.ssm)
    .on(GetParametersByPathCommand)
    .callsFake(as('ssm:GetParametersByPath'))
    .on(GetParametersCommand)
    .callsFake(as('ssm:GetParameters'))
    .on(PutParameterCommand)
    .callsFake(as('ssm:PutParameter'));
  return clients;
}
