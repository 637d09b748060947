import {
  CloudFormationClient,
  DescribeStackResourceCommand,
  SignalResourceCommand,
} from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createStackPort } from '../../functions/adapters/cloudformation.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new CloudFormationClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createStackPort(client);
const resource = { stackName: 'mine', logicalId: 'MemberGroup', physicalId: 'etcd-autopilot-core' };

beforeEach(() => aws.reset());

function says(
  ResourceStatus: 'CREATE_COMPLETE' | 'DELETE_IN_PROGRESS' | 'DELETE_FAILED',
  name?: string,
): void {
  const detail = {
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: name ?? resource.physicalId,
    ResourceType: 'AWS::AutoScaling::AutoScalingGroup',
    LastUpdatedTimestamp: new Date(0),
    ResourceStatus,
  };
  aws.on(DescribeStackResourceCommand).resolves({ StackResourceDetail: detail });
}

describe('a group', () => {
  test('is being deleted by its stack when CloudFormation says so of this very group', async () => {
    says('DELETE_IN_PROGRESS');
    expect(await port.isDeleting(resource)).toBe(true);
    expect(aws.commandCalls(DescribeStackResourceCommand)[0]?.args[0].input).toEqual({
      StackName: 'mine',
      LogicalResourceId: 'MemberGroup',
    });
  });

  test('is not while it stands, when its deletion failed, or when it is another', async () => {
    says('CREATE_COMPLETE');
    expect(await port.isDeleting(resource)).toBe(false);
    says('DELETE_FAILED');
    expect(await port.isDeleting(resource)).toBe(false);
    says('DELETE_IN_PROGRESS', 'etcd-autopilot-other');
    expect(await port.isDeleting(resource)).toBe(false);
  });

  test.each(["Stack 'mine' does not exist", 'Resource MemberGroup does not exist for stack mine'])(
    'was left behind by its stack: %s',
    async (message) => {
      aws.on(DescribeStackResourceCommand).rejects(awsError('ValidationError', message));
      expect(await port.isDeleting(resource)).toBe(false);
    },
  );
});

describe('what CloudFormation does not say is unknown, never false:', () => {
  test('a throttle, a denial, a refusal', async () => {
    aws.on(DescribeStackResourceCommand).rejects(throttled());
    await expectFailure(port.isDeleting(resource), 'AWS_THROTTLED', 'nextLook');
    aws.on(DescribeStackResourceCommand).rejects(denied());
    await expectFailure(port.isDeleting(resource), 'AWS_DENIED', 'never');
    aws.on(DescribeStackResourceCommand).rejects(awsError('ValidationError', 'StackName is too long'));
    await expectFailure(port.isDeleting(resource), 'AWS_UNAVAILABLE', 'never');
  });

  test('an answer without the resource', async () => {
    aws.on(DescribeStackResourceCommand).resolves({});
    await expectFailure(port.isDeleting(resource), 'AWS_UNAVAILABLE', 'nextLook');
  });
});

describe('a signal about an instance', () => {
  const signal = {
    stackName: 'mine',
    logicalId: 'MemberGroup',
    instanceId: 'i-0000000000000000a',
    status: 'SUCCESS',
  } as const;
  const refused = (message: string) =>
    aws.on(SignalResourceCommand).rejects(awsError('ValidationError', message));

  test.each(['SUCCESS', 'FAILURE'] as const)('is sent to the resource of its group: %s', async (status) => {
    aws.on(SignalResourceCommand).resolves({});
    expect(await port.signal({ ...signal, status })).toBe('sent');
    expect(aws.commandCalls(SignalResourceCommand).map(({ args }) => args[0].input)).toEqual([
      { StackName: 'mine', LogicalResourceId: 'MemberGroup', UniqueId: signal.instanceId, Status: status },
    ]);
  });

  test('is sent already when its reply was lost and it is sent again', async () => {
    refused(
      'Signal with ID i-0000000000000000a for resource MemberGroup already exists. Signals may only be updated with a FAILURE status.',
    );
    expect(await port.signal(signal).catch(String)).toBe('sent');
  });

  test.each([
    'Stack arn:aws:cloudformation:eu-west-1:1:stack/mine/1 is in UPDATE_COMPLETE state and cannot be signaled',
    'Resource MemberGroup is in CREATE_COMPLETE state and cannot be signaled',
    "Stack 'mine' does not exist",
    'Resource MemberGroup does not exist for stack mine',
  ])('is not waited for: %s', async (message) => {
    refused(message);
    expect(await port.signal(signal)).toBe('notWaiting');
  });

  test('fails when CloudFormation does not answer, refuses or finds it malformed', async () => {
    aws.on(SignalResourceCommand).rejects(throttled());
    await expectFailure(port.signal(signal), 'AWS_THROTTLED', 'nextLook');
    aws.on(SignalResourceCommand).rejects(denied());
    await expectFailure(port.signal(signal), 'AWS_DENIED', 'never');
    refused("1 validation error detected: Value 'x' at 'uniqueId' failed to satisfy constraint");
    await expectFailure(port.signal(signal), 'AWS_UNAVAILABLE', 'never');
  });
});
