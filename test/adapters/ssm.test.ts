import {
  DeleteParametersCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createParameterPort } from '../../functions/adapters/ssm.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new SSMClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createParameterPort(client);

beforeEach(() => aws.reset());

describe('everything under a path', () => {
  test('is read from all pages, at every depth, with names relative to the path', async () => {
    const request = { Path: '/etcd-autopilot/core', Recursive: true, WithDecryption: false };
    aws
      .on(GetParametersByPathCommand, request)
      .resolves({ Parameters: [{ Name: '/etcd-autopilot/core/config', Value: '{}' }], NextToken: 'more' })
      .on(GetParametersByPathCommand, { ...request, NextToken: 'more' })
      .resolves({ Parameters: [{ Name: '/etcd-autopilot/core/members/i-0a', Value: 'x=1' }] });
    expect(await port.readAll('/etcd-autopilot/core/')).toEqual(
      new Map([
        ['config', '{}'],
        ['members/i-0a', 'x=1'],
      ]),
    );
  });

  test('is unknown, not less, when the second page fails', async () => {
    aws
      .on(GetParametersByPathCommand)
      .resolvesOnce({ Parameters: [{ Name: '/etcd-autopilot/core/a', Value: '1' }], NextToken: 'more' })
      .rejectsOnce(throttled());
    await expectFailure(port.readAll('/etcd-autopilot/core/'), 'AWS_THROTTLED', 'nextLook');
  });

  test('does not include a cluster whose name merely begins the same', async () => {
    const Parameters = [{ Name: '/etcd-autopilot/core2/config', Value: '{}' }];
    aws.on(GetParametersByPathCommand).resolves({ Parameters });
    expect(await port.readAll('/etcd-autopilot/core/')).toEqual(new Map());
  });

  test.each([{}, { Parameters: [{ Name: '/etcd-autopilot/core/a' }] }, { Parameters: [{ Value: '1' }] }])(
    'is unknown when the answer is %j',
    async (answer) => {
      aws.on(GetParametersByPathCommand).resolves(answer);
      await expectFailure(port.readAll('/etcd-autopilot/core/'), 'AWS_UNAVAILABLE', 'nextLook');
    },
  );

  test('is unknown when we are denied', async () => {
    aws.on(GetParametersByPathCommand).rejects(denied());
    await expectFailure(port.readAll('/etcd-autopilot/core/'), 'AWS_DENIED', 'never');
  });
});

describe('a parameter', () => {
  test('is created only where none is', async () => {
    aws
      .on(PutParameterCommand, { Name: '/a', Value: 'v', Type: 'String', Overwrite: false })
      .resolvesOnce({})
      .rejectsOnce(awsError('ParameterAlreadyExists'));
    expect(await port.create('/a', 'v')).toBe('created');
    expect(await port.create('/a', 'v')).toBe('exists');
  });

  test('is not taken for existing because of a throttle or a denial', async () => {
    aws.on(PutParameterCommand).rejectsOnce(throttled()).rejectsOnce(denied());
    await expectFailure(port.create('/a', 'v'), 'AWS_THROTTLED', 'nextLook');
    await expectFailure(port.create('/a', 'v'), 'AWS_DENIED', 'never');
  });

  test('is written over what was there', async () => {
    aws.on(PutParameterCommand).resolves({});
    await port.write('/a', 'v');
    const wanted = { Name: '/a', Value: 'v', Type: 'String', Overwrite: true };
    expect(aws.commandCalls(PutParameterCommand)[0]?.args[0].input).toEqual(wanted);
  });

  test('of 4,096 bytes fits; a longer or an empty one is refused before the call', async () => {
    aws.on(PutParameterCommand).resolves({});
    await port.write('/a', 'x'.repeat(4_096));
    await expectFailure(port.write('/a', 'x'.repeat(4_097)), 'CONFIG_INVALID', 'never');
    await expectFailure(port.write('/a', 'é'.repeat(2_049)), 'CONFIG_INVALID', 'never');
    await expectFailure(port.create('/a', ''), 'CONFIG_INVALID', 'never');
    expect(aws.calls()).toHaveLength(1);
  });
});

describe('removing', () => {
  test('names each parameter once, ten in a call, and does not mind those that do not exist', async () => {
    aws.on(DeleteParametersCommand).resolves({ InvalidParameters: ['/p0'] });
    const names = Array.from({ length: 21 }, (_, n) => `/p${n}`);
    await port.remove([...names, '/p0']);
    const asked = aws.commandCalls(DeleteParametersCommand).map(({ args }) => args[0].input.Names ?? []);
    expect(asked.map((batch) => batch.length)).toEqual([10, 10, 1]);
    expect(asked.flat()).toEqual(names);
  });

  test('nothing makes no call', async () => {
    await port.remove([]);
    expect(aws.calls()).toHaveLength(0);
  });
});
