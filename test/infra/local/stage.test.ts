import {
  DescribeRuleCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteStack, putStack, StackFailedError } from '../../../infra/local/stacks.ts';
import { type Clients, clientsOf, instancesOf, notesOf, openRegion, until } from './fixtures/region.ts';
import { baseTemplate, groupTemplate } from './fixtures/toy.ts';

let region: Awaited<ReturnType<typeof openRegion>>;
let clients: Clients;
let queueUrl = '';

beforeAll(async () => {
  region = await openRegion();
  clients = clientsOf(region);
  const outputs = await putStack(region, { name: 'toy', templateText: baseTemplate() });
  queueUrl = outputs['QueueUrl'] ?? '';
}, 90_000);

afterAll(() => region.close(), 20_000);

async function send(group: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  await clients.sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl, MessageGroupId: group, MessageBody: JSON.stringify(body) }),
  );
}

function handled(group: string, count: number) {
  return until(`${count} messages of ${group}`, async () => {
    const notes = (await notesOf(clients, '/toy/handled')).filter((note) => note['group'] === group);
    return notes.length === count ? notes : null;
  });
}

/** What the custom resource was told, in order, since a moment. */
async function toldSince(ms: number): Promise<readonly string[]> {
  const notes = (await notesOf(clients, '/toy/custom')).filter((note) => Number(note['at']) >= ms);
  return notes.map((note) =>
    [note['type'], note['id'], note['old'], note['mark']].filter((part) => part !== undefined).join(' '),
  );
}

const plain = { name: 'g', size: 0, hooks: false };
const put = (options: Parameters<typeof groupTemplate>[0], name = 's') =>
  putStack(region, { name, templateText: groupTemplate(options) });

describe('stacks', { timeout: 30_000 }, () => {
  test('a creation that fails deletes what it made, the custom resource that failed included', async () => {
    const start = Date.now();
    const failed = put({ ...plain, size: 1, mark: 'fail' });
    await expect(failed).rejects.toBeInstanceOf(StackFailedError);
    await expect(failed).rejects.toMatchObject({
      status: 'ROLLBACK_COMPLETE',
      reasons: [expect.stringContaining('the toy was told to fail')],
    });
    expect(await toldSince(start)).toEqual(['Create fail', 'Delete toy-one fail']);
    expect(await instancesOf(clients, 'g')).toEqual([]);
  });

  test('a rolled-back name is taken until its stack is deleted, then free again', async () => {
    await expect(put(plain)).rejects.toThrow('ROLLBACK_COMPLETE');
    await deleteStack(region, { name: 's' });
    expect(await put(plain)).toEqual({ Echo: 'fine' });
  });

  test('an update that fails turns the changes back with the properties swapped', async () => {
    const start = Date.now();
    const failed = put({ ...plain, size: 2, mark: 'fail' });
    await expect(failed).rejects.toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });
    expect(await toldSince(start)).toEqual(['Update toy-one fine fail', 'Update toy-one fail fine']);
    expect(region.groups.get('g').desired).toBe(0);
  });

  test('an update touches only what changed', async () => {
    const start = Date.now();
    await put({ ...plain, size: 1 });
    expect(await toldSince(start)).toEqual([]);
    expect(region.groups.get('g').desired).toBe(1);
  });

  test('another physical id deletes the old resource when the update is done', async () => {
    const start = Date.now();
    await put({ ...plain, markId: 'two' });
    expect(await toldSince(start)).toEqual(['Update toy-one fine fine', 'Delete toy-one fine']);
    await deleteStack(region, { name: 's' });
    expect((await toldSince(start)).at(-1)).toBe('Delete toy-two fine');
  });

  test('a group that fleet refuses rolls its stack back with the reason', async () => {
    const failed = put({ ...plain, size: 8 }, 't');
    await expect(failed).rejects.toMatchObject({ reasons: [expect.stringContaining('above max value 7')] });
    await deleteStack(region, { name: 't' });
  });

  test('an attribute that a custom resource did not answer fails it', async () => {
    const templateText = groupTemplate(plain).replaceAll('"Echo"]', '"Missing"]');
    const failed = putStack(region, { name: 'v', templateText });
    await expect(failed).rejects.toThrow("Vendor response doesn't contain Missing attribute");
    await deleteStack(region, { name: 'v' });
  });

  test('a rule whose name is taken is refused, and the rule that has it stays as it is', async () => {
    const rule = (pattern: string) => ({
      Type: 'AWS::Events::Rule',
      Properties: { Name: 'taken', EventPattern: { source: [pattern] } },
    });
    const templateOf = (pattern: string) => JSON.stringify({ Resources: { Rule: rule(pattern) } });
    const events = new EventBridgeClient({
      endpoint: region.endpoint,
      region: region.region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const patternOf = async () =>
      (await events.send(new DescribeRuleCommand({ Name: 'taken' }))).EventPattern;
    await putStack(region, { name: 'owner', templateText: templateOf('first') });
    await expect(
      putStack(region, { name: 'thief', templateText: templateOf('second') }),
    ).rejects.toMatchObject({
      status: 'ROLLBACK_COMPLETE',
      reasons: [expect.stringContaining('taken already exists')],
    });
    expect(await patternOf()).toContain('first');
    await putStack(region, { name: 'owner', templateText: templateOf('changed') });
    expect(await patternOf()).toContain('changed');
  });

  test('a queue whose messages come back while the function still works is refused', async () => {
    const templateText = baseTemplate()
      .replace('"VisibilityTimeout":5', '"VisibilityTimeout":4')
      .replaceAll('"toy-', '"hasty-');
    const failed = putStack(region, { name: 'hasty', templateText });
    await expect(failed).rejects.toThrow(
      'visibility timeout: 4 seconds is less than Function timeout: 5 seconds',
    );
    await deleteStack(region, { name: 'hasty' });
  });

  test('an import that nobody exports fails by name', async () => {
    const templateText = groupTemplate(plain).replaceAll('toy-QueueArn', 'missing-QueueArn');
    await expect(putStack(region, { name: 'u', templateText })).rejects.toThrow(
      "'missing-QueueArn' not found",
    );
  });
});

describe('queues and events', { timeout: 30_000 }, () => {
  test('a message group is handled in order, one at a time; groups go side by side', async () => {
    for (const mark of [1, 2, 3]) {
      await send('left', { mark, workMs: 300, lane: 'left' });
      await send('right', { mark, workMs: 300, lane: 'right' });
    }
    const [left, right] = await Promise.all([handled('left', 3), handled('right', 3)]);
    for (const notes of [left, right]) {
      expect(notes.map((note) => note['mark'])).toEqual([1, 2, 3]);
      for (const [index, note] of notes.entries()) {
        if (index > 0)
          expect(Number(note['startedAt'])).toBeGreaterThanOrEqual(Number(notes[index - 1]?.['endedAt']));
      }
    }
    expect(Number(right[0]?.['startedAt'])).toBeLessThan(Number(left[1]?.['startedAt']));
  });

  test('a message that is reported as failed blocks its group until its visibility timeout, then comes again', async () => {
    await send('stuck', { mark: 'first', fail: true });
    await send('stuck', { mark: 'second' });
    const notes = await handled('stuck', 3);
    expect(notes.map((note) => [note['mark'], note['receives']])).toEqual([
      ['first', 1],
      ['first', 2],
      ['second', 1],
    ]);
    // The first start is noted late by as much as its cold worker took; an immediate return would be near 0.
    expect(Number(notes[1]?.['startedAt']) - Number(notes[0]?.['startedAt'])).toBeGreaterThanOrEqual(2_500);
  });

  test('a rule delivers the whole event with its own id and the time that was stated, in order', async () => {
    const events = new EventBridgeClient({
      ...place(),
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    await events.send(
      new PutRuleCommand({ Name: 'ordered', EventPattern: JSON.stringify({ source: ['toy'] }) }),
    );
    const attributes = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
    );
    const target = {
      Id: 'queue',
      Arn: attributes.Attributes?.['QueueArn'] ?? '',
      SqsParameters: { MessageGroupId: 'ruled' },
    };
    await events.send(new PutTargetsCommand({ Rule: 'ordered', Targets: [target] }));
    const entries = [1, 2, 3].map((mark) => ({
      Source: 'toy',
      DetailType: 'Toy',
      Detail: JSON.stringify({ mark }),
      Time: new Date(0),
    }));
    await events.send(new PutEventsCommand({ Entries: entries }));
    expect((await handled('ruled', 3)).map((note) => note['mark'])).toEqual([1, 2, 3]);
  });

  test('an equal body in a FIFO queue is swallowed for five minutes', async () => {
    await send('twice', { mark: 'same' });
    await send('twice', { mark: 'same' });
    await send('twice', { mark: 'other' });
    expect((await handled('twice', 2)).map((note) => note['mark'])).toEqual(['same', 'other']);
  });
});

describe('functions', { timeout: 20_000 }, () => {
  async function invoke(sleepMs: number) {
    const answer = await clients.lambda.send(
      new InvokeCommand({ FunctionName: 'toy-toy', Payload: Buffer.from(JSON.stringify({ sleepMs })) }),
    );
    return JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8'));
  }

  test("run on the Lambda runtime's Node and see their time run out", async () => {
    const { left, node } = await invoke(500);
    expect(node).toMatch(/^24\./);
    expect(left).toBeGreaterThan(3_500);
    expect(left).toBeLessThan(4_600);
  });

  test('run side by side', async () => {
    const start = Date.now();
    await Promise.all([invoke(1_500), invoke(1_500), invoke(1_500)]);
    expect(Date.now() - start).toBeLessThan(3_500);
  });
});

function place() {
  return { endpoint: region.endpoint, region: region.region };
}
