import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createStackStatusPort } from '../../functions/adapters/cloudformation-status.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new CloudFormationClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createStackStatusPort(client);

beforeEach(() => aws.reset());

test('a stack is in the state that CloudFormation tells, asked for by its id', async () => {
  const stack = { StackName: 'mine', CreationTime: new Date(0), StackStatus: 'UPDATE_IN_PROGRESS' as const };
  aws.on(DescribeStacksCommand).resolves({ Stacks: [stack] });
  expect(await port.statusOf('arn:stack')).toBe('UPDATE_IN_PROGRESS');
  expect(aws.commandCalls(DescribeStacksCommand)[0]?.args[0].input).toEqual({ StackName: 'arn:stack' });
});

test('a stack that is not there has none', async () => {
  aws
    .on(DescribeStacksCommand)
    .rejects(awsError('ValidationError', 'Stack with id arn:stack does not exist'));
  expect(await port.statusOf('arn:stack')).toBeNull();
});

test('what CloudFormation does not say is unknown: a throttle, a denial, a refusal, an empty answer', async () => {
  aws.on(DescribeStacksCommand).rejects(throttled());
  await expectFailure(port.statusOf('arn:stack'), 'AWS_THROTTLED', 'nextLook');
  aws.on(DescribeStacksCommand).rejects(denied());
  await expectFailure(port.statusOf('arn:stack'), 'AWS_DENIED', 'never');
  aws.on(DescribeStacksCommand).rejects(awsError('ValidationError', 'StackName is too long'));
  await expectFailure(port.statusOf('arn:stack'), 'AWS_UNAVAILABLE', 'never');
  aws.on(DescribeStacksCommand).resolves({ Stacks: [] });
  await expectFailure(port.statusOf('arn:stack'), 'AWS_UNAVAILABLE', 'nextLook');
});
