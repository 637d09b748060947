import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
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
