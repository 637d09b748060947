import {
  CancelUpdateStackCommand,
  ContinueUpdateRollbackCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  type ResourceSignalStatus,
  SignalResourceCommand,
} from '@aws-sdk/client-cloudformation';
import { GetFunctionUrlConfigCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloudFormation, putStack } from '../../../infra/local/stacks.ts';
import { type Clients, clientsOf, instancesOf, openRegion, until } from './fixtures/region.ts';
import { baseTemplate, groupTemplate } from './fixtures/toy.ts';

let region: Awaited<ReturnType<typeof openRegion>>;
let clients: Clients;
let stacks: ReturnType<typeof cloudFormation>;
/** What the stack `s` said, oldest first. */
const said: string[] = [];

beforeAll(async () => {
  region = await openRegion();
  clients = clientsOf(region);
  stacks = cloudFormation(region);
  await putStack(region, { name: 'toy', templateText: baseTemplate() });
}, 90_000);

afterAll(() => region.close(), 20_000);

const ROLLING = {
  CreationPolicy: { ResourceSignal: { Timeout: 'PT1M' } },
  UpdatePolicy: {
    AutoScalingRollingUpdate: { MinInstancesInService: 1, WaitOnResourceSignals: true, PauseTime: 'PT1M' },
    AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true },
  },
};

/** The outcome of the update as a value, so that it can be awaited after the signals were sent. */
function put(note: string, parts: object = ROLLING): Promise<string> {
  const template = JSON.parse(groupTemplate({ name: 'g', size: 1, hooks: false, note }));
  Object.assign(template.Resources.Group, parts);
  const log = (line: string) => void said.push(line);
  return putStack(region, { name: 's', templateText: JSON.stringify(template), log }).then(
    () => 'done',
    (error: unknown) => String(error),
  );
}

function signal(UniqueId: string, Status: ResourceSignalStatus = 'SUCCESS', LogicalResourceId = 'Group') {
  const command = new SignalResourceCommand({ StackName: 's', LogicalResourceId, UniqueId, Status });
  return stacks.send(command).then(
    () => 'taken',
    (error: unknown) => String(error),
  );
}

/** Of the stack and of its group; nothing as long as one of them is not there. */
async function statuses(): Promise<readonly (string | undefined)[]> {
  const group = { StackName: 's', LogicalResourceId: 'Group' };
  const both = Promise.all([
    stacks.send(new DescribeStacksCommand({ StackName: 's' })),
    stacks.send(new DescribeStackResourceCommand(group)),
  ]);
  return both.then(
    ([stack, resource]) => [stack.Stacks?.[0]?.StackStatus, resource.StackResourceDetail?.ResourceStatus],
    () => [],
  );
}

/** Signals for the next newcomer as soon as the stack is in that status and its group waits. */
async function answerNewcomer(
  known: readonly string[],
  stackStatus: string,
  status?: ResourceSignalStatus,
): Promise<string> {
  const wanted = `${stackStatus} ${stackStatus.replace('_ROLLBACK', '')}`;
  const id = await until(`a newcomer in ${wanted}`, async () => {
    if ((await statuses()).join(' ') !== wanted) return null;
    return (await inGroup()).map(([one]) => one).find((one) => !known.includes(one)) ?? null;
  });
  expect(await signal(id, status)).toBe('taken');
  return id;
}

async function inGroup(): Promise<readonly (readonly [string, string])[]> {
  return (await instancesOf(clients, 'g')).map((one) => [
    one.InstanceId ?? '',
    one.LaunchTemplate?.Version ?? '',
  ]);
}

describe('a stack whose group waits for signals', { timeout: 30_000 }, () => {
  let first = '';
  let second = '';

  test('is complete when its creation policy is content, and takes no signal before or after', async () => {
    expect(await signal('i-1')).toContain("ValidationError: Stack 's' does not exist");
    const outcome = put('one');
    first = await answerNewcomer([], 'CREATE_IN_PROGRESS');
    expect(await outcome).toBe('done');
    expect(said.join('\n')).toContain(`Received SUCCESS signal with UniqueId ${first}`);
    expect(await signal('i-1')).toMatch(
      /ValidationError: Stack arn:.*:stack\/s\/.* is in CREATE_COMPLETE state and cannot be signaled/,
    );
  });

  test('replaces its instance when the newcomer said SUCCESS', async () => {
    const outcome = put('two');
    second = await answerNewcomer([first], 'UPDATE_IN_PROGRESS');
    expect(await outcome).toBe('done');
    expect(await inGroup()).toEqual([[second, '2']]);
    expect(said.join('\n')).toContain(`Successfully terminated instance(s) [${first}] (Progress 100%).`);
  });

  test('is rolled back by the same policy when the newcomer said FAILURE: only that one is replaced', async () => {
    const outcome = put('three');
    const bad = await answerNewcomer([second], 'UPDATE_IN_PROGRESS', 'FAILURE');
    expect(await signal(bad, 'SUCCESS', 'Custom')).toContain('cannot be signaled');
    expect(await signal(bad, 'SUCCESS', 'Nobody')).toContain('Resource Nobody does not exist for stack');
    const good = await answerNewcomer([second, bad], 'UPDATE_ROLLBACK_IN_PROGRESS');
    expect(await outcome).toContain(
      'UPDATE_ROLLBACK_COMPLETE: Group: Received 1 FAILURE signal(s) out of 1.  Unable to satisfy 100%',
    );
    expect(await statuses()).toEqual(['UPDATE_ROLLBACK_COMPLETE', 'UPDATE_COMPLETE']);
    // The update had grown the group for its time, and failed before it could take that back.
    expect([...(await inGroup())].sort()).toEqual(
      [
        [second, '2'],
        [good, '2'],
      ].sort(),
    );
    expect(region.groups.get('g')).toMatchObject({ desired: 2, minSize: 2 });
  });

  test('can be cancelled, and its rollback be continued when that failed', async () => {
    const name = { StackName: 's' };
    await expect(stacks.send(new CancelUpdateStackCommand(name))).rejects.toThrow(
      'cannot be called from current stack status',
    );
    const known = (await inGroup()).map(([id]) => id);
    const outcome = put('four', {
      ...ROLLING,
      UpdatePolicy: { AutoScalingRollingUpdate: { ...ROLLING.UpdatePolicy.AutoScalingRollingUpdate } },
    });
    const bad = await until('a newcomer', async () => {
      const [stack] = await statuses();
      const found = (await inGroup()).find(([id]) => !known.includes(id));
      return stack === 'UPDATE_IN_PROGRESS' ? (found?.[0] ?? null) : null;
    });
    await stacks.send(new CancelUpdateStackCommand(name));
    const worse = await answerNewcomer([...known, bad], 'UPDATE_ROLLBACK_IN_PROGRESS', 'FAILURE');
    expect(await outcome).toContain('UPDATE_ROLLBACK_FAILED: Group: Resource update cancelled');
    await stacks.send(new ContinueUpdateRollbackCommand(name));
    await until('the end', async () => ((await statuses())[0] === 'UPDATE_ROLLBACK_COMPLETE' ? true : null));
    expect((await inGroup()).map(([id]) => id)).toContain(worse);
  });
});

test('the URL of a function is reached as it is told', async () => {
  const template = JSON.stringify({
    Resources: {
      Url: {
        Type: 'AWS::Lambda::Url',
        Properties: { TargetFunctionArn: { 'Fn::ImportValue': 'toy-FunctionArn' }, AuthType: 'NONE' },
      },
    },
    Outputs: { Url: { Value: { 'Fn::GetAtt': ['Url', 'FunctionUrl'] } } },
  });
  const outputs = await putStack(region, { name: 'url', templateText: template });
  const config = await clients.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: 'toy-toy' }));
  expect(outputs['Url']).toBe(config.FunctionUrl);
  expect(outputs['Url']).toMatch(/^http:\/\/127\./);
  const answer = await fetch(`${outputs['Url']}a/b?c=d`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hello: 1 }),
  });
  expect([answer.status, await answer.json()]).toEqual([
    418,
    { path: '/a/b', query: 'c=d', body: '{"hello":1}' },
  ]);
}, 20_000);
