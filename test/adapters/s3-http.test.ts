import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createObjectPort, OBJECT_CLIENT_SETTINGS } from '../../functions/adapters/s3.ts';
import { S3Server } from '../support/s3-server.ts';
import { expectFailure } from './aws-failures.ts';

/** The SDK as it is, over HTTP: what it says to S3 is no matter of mocks. */
let server: S3Server;
let client: S3Client;
const port = () => createObjectPort(client, 'backups');

beforeAll(async () => {
  server = await S3Server.start(await mkdtemp(join(tmpdir(), 's3-')));
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  client = new S3Client({
    ...OBJECT_CLIENT_SETTINGS,
    endpoint: server.endpoint,
    region: 'eu-west-1',
    credentials,
  });
});
beforeEach(() => {
  server.refuse = () => null;
  server.objects.clear();
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const WHOLE = randomFillSync(Buffer.alloc(17_000_000));
async function* chunks(end?: Error): AsyncIterable<Uint8Array> {
  for (let start = 0; start < WHOLE.length; start += 32_768) yield WHOLE.subarray(start, start + 32_768);
  if (end !== undefined) throw end;
}

test('what is uploaded in parts, with their checksums, comes back the same', async () => {
  await port().upload('a/b.db', chunks());
  const hash = createHash('sha256');
  for await (const chunk of (await port().download('a/b.db')) ?? []) hash.update(chunk);
  expect(hash.digest('hex')).toBe(createHash('sha256').update(WHOLE).digest('hex'));
  expect(await port().list('a/')).toEqual([
    { key: 'a/b.db', sizeBytes: WHOLE.length, modifiedAtMs: expect.any(Number) },
  ]);
  expect(await port().listUploads('a/')).toEqual([]);
});

test('what breaks off leaves no object and no upload', async () => {
  await expect(port().upload('a/b.db', chunks(new Error('broken')))).rejects.toThrow('broken');
  expect([server.objects.size, server.uploads.size]).toEqual([0, 0]);
});

test('an upload that is denied halfway leaves nothing, and says that it was denied', async () => {
  server.refuse = (method, _, query) =>
    method === 'PUT' && query.get('partNumber') === '2' ? { status: 403, code: 'AccessDenied' } : null;
  await expectFailure(port().upload('a/b.db', chunks()), 'AWS_DENIED', 'never');
  expect([server.objects.size, server.uploads.size]).toEqual([0, 0]);
});

test('an upload that died is found, and given up', async () => {
  server.refuse = (method) => (method === 'DELETE' ? { status: 403, code: 'AccessDenied' } : null);
  await expect(port().upload('a/b.db', chunks(new Error('broken')))).rejects.toThrow('broken');
  server.refuse = () => null;
  const [upload, ...others] = await port().listUploads('a/');
  expect([upload?.key, others]).toEqual(['a/b.db', []]);
  if (upload !== undefined) await port().abortUpload(upload);
  expect(await port().listUploads('a/')).toEqual([]);
});

test('S46 a listing of 3,000 objects is whole, and none at all when its second page is throttled', async () => {
  for (let index = 0; index < 3_000; index += 1)
    server.objects.set(`a/${index}`, { file: '', size: 1, at: new Date() });
  expect(await port().list('a/')).toHaveLength(3_000);
  server.refuse = (_, __, query) =>
    query.has('continuation-token') ? { status: 503, code: 'SlowDown' } : null;
  await expectFailure(port().list('a/'), 'AWS_THROTTLED', 'nextLook');
});

test('texts and deletions go as they should', async () => {
  await port().writeText('a/x.json', '{"version":1}');
  expect(await port().readText('a/x.json')).toBe('{"version":1}');
  await port().remove(['a/x.json', 'a/never-was']);
  expect(await port().readText('a/x.json')).toBeNull();
});
