import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { unpack } from '../../infra/build/archive.ts';
import { functionNames, HANDLER_FILE } from '../../infra/build/functions.ts';
import { invokeFromArchive } from './invoke.ts';

const BUNDLE_BYTES_MAX = 1_250_000;
const archiveOfFunction = (name: string): string => resolve('.build', `${name}.zip`);

let names: readonly string[] = [];
beforeAll(async () => {
  names = await functionNames(resolve('functions'));
});

test('there is an archive for every function that serverless.yml deploys, and for no other', async () => {
  const text = await readFile('serverless.yml', 'utf8');
  const deployed = [...text.matchAll(/artifact: \.build\/([a-z-]+)\.zip/g)].map((match) => match[1]);
  expect(deployed.sort()).toEqual(names);
});

test('every archive holds one file, of at most 1.25 MB', async () => {
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const { name: file, content } = unpack(await readFile(archiveOfFunction(name)));
    expect(file, name).toBe(HANDLER_FILE);
    expect(content.length, name).toBeLessThanOrEqual(BUNDLE_BYTES_MAX);
  }
});

describe('a malformed event', () => {
  test('from the queue is kept with its reason by membership, and acknowledged', async () => {
    const queue = await fakeQueue();
    onTestFinished(queue.close);
    const attributes = { MessageGroupId: 'core' };
    const event = { Records: [{ messageId: 'm-1', body: 'no JSON', attributes, eventSource: 'aws:sqs' }] };

    const { returned, logText } = await invokeFromArchive(archiveOfFunction('membership'), event, {
      AWS_ENDPOINT_URL: queue.url,
      QUEUE_URL: `${queue.url}/000000000000/probe.fifo`,
      DEAD_LETTER_QUEUE_URL: `${queue.url}/000000000000/probe-dead.fifo`,
    });

    expect(returned).toEqual({ batchItemFailures: [] });
    expect(logText).toContain('"message.unreadable"');
    expect(queue.messages).toEqual([
      expect.objectContaining({
        QueueUrl: `${queue.url}/000000000000/probe-dead.fifo`,
        MessageGroupId: 'core',
        MessageBody: expect.stringContaining('no JSON'),
      }),
    ]);
  });

  test.each([{ hello: 'world' }, null, 'text'])(
    'from an operator is refused by membership: %j',
    async (event) => {
      const { returned } = await invokeFromArchive(archiveOfFunction('membership'), event);
      expect(returned).toMatchObject({ etcdAutopilot: 1, ok: false, code: 'EVENT_MALFORMED' });
    },
  );

  test.each([{ hello: 'world' }, null])('is refused by custom-resources: %j', async (event) => {
    const { threw, logText } = await invokeFromArchive(archiveOfFunction('custom-resources'), event);
    expect(threw).toMatch(/^OperationError: /);
    expect(logText).toContain('"EVENT_MALFORMED"');
  });
});

test('a function that is not told its settings says which, at its first event', async () => {
  const record = { messageId: 'm-1', body: '{}', attributes: { MessageGroupId: 'core' } };
  const { threw } = await invokeFromArchive(
    archiveOfFunction('membership'),
    { Records: [record] },
    { QUEUE_URL: '', DRY_RUN: 'perhaps' },
  );
  expect(threw).toMatch(/QUEUE_URL is not set; DRY_RUN must be true, false/);
});

test('a gate that is not told its settings answers CloudFormation so, when the time is over', async () => {
  const queue = await fakeQueue();
  onTestFinished(queue.close);
  const event = {
    RequestType: 'Create',
    ResourceType: 'Custom::EtcdGate',
    ResponseURL: `${queue.url}/answer?X-Amz-Signature=secret`,
    StackId: 'arn:stack',
    RequestId: 'r-1',
    LogicalResourceId: 'Gate',
    ResourceProperties: { Cluster: 'core', Serial: '1' },
  };
  const body = JSON.stringify({ etcdAutopilot: 1, request: 'gate', event });
  const record = { messageId: 'm-1', body, attributes: { SentTimestamp: '0', ApproximateReceiveCount: '9' } };
  const { returned, logText } = await invokeFromArchive(
    archiveOfFunction('gate'),
    { Records: [record] },
    { QUEUE_URL: '' },
  );
  expect(returned).toEqual({ batchItemFailures: [] });
  expect(queue.messages).toEqual([
    expect.objectContaining({ Status: 'FAILED', Reason: 'the gate failed: QUEUE_URL is not set' }),
  ]);
  expect(logText).not.toContain('secret');
});

test('a bundle is made of our code and of packages, and of no file outside the checkout', async () => {
  for (const name of names) {
    const metafile: unknown = JSON.parse(await readFile(join('.build', `${name}.meta.json`), 'utf8'));
    const inputs = Object.keys(Object(Object(metafile).inputs));
    expect(inputs.length, name).toBeGreaterThan(10);
    expect(
      inputs.filter((path) => path.startsWith('..') || path.startsWith('/')),
      name,
    ).toEqual([]);
  }
});

interface FakeQueue {
  readonly url: string;
  readonly messages: unknown[];
  readonly close: () => void;
}

/** Takes messages as SQS does. */
async function fakeQueue(): Promise<FakeQueue> {
  const messages: unknown[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    const message: unknown = JSON.parse(text);
    messages.push(message);
    const MD5OfMessageBody = createHash('md5')
      .update(String(Object(message).MessageBody))
      .digest('hex');
    response
      .writeHead(200, { connection: 'close' })
      .end(JSON.stringify({ MessageId: 'm-2', MD5OfMessageBody }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return { url, messages, close: () => void server.close() };
}
