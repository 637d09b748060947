import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { CfnRequest } from '../../functions/core/cfn.ts';
import { createPostAnswer } from '../../functions/edge/cloudformation.ts';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
  readonly body: string;
}

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

/** A bucket that answers with these status codes in turn, the last one again and again; 0 hangs up. */
async function listen(...statuses: readonly number[]): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    const body = Buffer.concat(chunks).toString();
    const status = statuses[Math.min(received.length, statuses.length - 1)] ?? 200;
    received.push({
      method,
      url,
      contentType: headers['content-type'],
      contentLength: headers['content-length'],
      body,
    });
    if (status === 0) request.socket.destroy();
    else response.writeHead(status).end();
  };
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/answer?X-Amz-Signature=secret`, received };
}

const requestTo = (responseUrl: string): CfnRequest => ({
  kind: 'Create',
  resourceType: 'Custom::EtcdCluster',
  responseUrl,
  stackId: 'stack',
  requestId: 'request',
  logicalId: 'Registration',
  physicalId: null,
  properties: {},
});

async function post(
  url: string,
): Promise<{ readonly error: Error | null; readonly pausesMs: readonly number[] }> {
  const pausesMs: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    pausesMs.push(ms);
  };
  const postAnswer = createPostAnswer({ nowMs: () => 0, sleep });
  const answer = {
    status: 'SUCCESS',
    reason: 'done',
    physicalId: 'core@stack',
    attributes: { Cluster: 'é' },
  } as const;
  try {
    await postAnswer(requestTo(url), answer);
    return { error: null, pausesMs };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)), pausesMs };
  }
}

test('an answer is put once, with an empty content type, which its signed URL was made for', async () => {
  const { url, received } = await listen(200);
  expect((await post(url)).error).toBeNull();
  expect(received).toHaveLength(1);
  const [request] = received;
  expect(request).toMatchObject({ method: 'PUT', url: '/answer?X-Amz-Signature=secret', contentType: '' });
  expect(request?.contentLength).toBe(String(Buffer.byteLength(request?.body ?? '')));
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    Status: 'SUCCESS',
    StackId: 'stack',
    Data: { Cluster: 'é' },
  });
});

test('a server that fails or hangs up is tried again, with pauses, until it takes the answer', async () => {
  const { url, received } = await listen(503, 0, 200);
  expect(await post(url)).toEqual({ error: null, pausesMs: [500, 1_000] });
  expect(received).toHaveLength(3);
});

test('tries are bounded, and the failure says nothing of the signed URL', async () => {
  const { url, received } = await listen(500);
  const { error } = await post(url);
  expect(received).toHaveLength(3);
  expect(error).toMatchObject({ code: 'ANSWER_UNDELIVERED', retry: 'now' });
  expect(error?.message).toBe('CloudFormation did not take the answer: status 500');
  expect(error?.cause).toBeUndefined();
});

test('whoever comes back anyway tries as often as it says', async () => {
  const { url, received } = await listen(503);
  const sleep = async (): Promise<void> => {};
  const postAnswer = createPostAnswer({ nowMs: () => 0, sleep }, { attempts: 1 });
  const answer = { status: 'SUCCESS', reason: 'done', physicalId: 'x', attributes: {} } as const;
  await expect(postAnswer(requestTo(url), answer)).rejects.toMatchObject({ code: 'ANSWER_UNDELIVERED' });
  expect(received).toHaveLength(1);
});

test.each([403, 301])('a refusal with status %i is not tried again', async (status) => {
  const { url, received } = await listen(status);
  expect((await post(url)).error).toMatchObject({ code: 'ANSWER_UNDELIVERED' });
  expect(received).toHaveLength(1);
});

test('nobody listening is a failure in our words', async () => {
  const { url } = await listen(200);
  server?.close();
  server?.closeAllConnections();
  const { error } = await post(url);
  expect(error?.message).toContain('ECONNREFUSED');
  expect(JSON.stringify([error?.message, error?.cause])).not.toContain('secret');
});
