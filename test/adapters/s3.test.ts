import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createObjectPort } from '../../functions/adapters/s3.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new S3Client({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createObjectPort(client, 'backups');
const WHERE = { Bucket: 'backups', Key: 'a/b.db' };
const AT = new Date(1_700_000_000_000);

beforeEach(() => aws.reset());

describe('a text', () => {
  const answer = (text: string, ContentLength = text.length) =>
    Object({ ContentLength, Body: { transformToString: async () => text } });

  test('is read whole', async () => {
    aws.on(GetObjectCommand, WHERE).resolves(answer('{"version":1}'));
    expect(await port.readText('a/b.db')).toBe('{"version":1}');
  });

  test('is absent only when S3 says so', async () => {
    aws.on(GetObjectCommand).rejects(awsError('NoSuchKey', 'no', 404));
    expect(await port.readText('a/b.db')).toBeNull();
    aws.on(GetObjectCommand).rejects(awsError('NoSuchBucket', 'no', 404));
    await expectFailure(port.readText('a/b.db'), 'AWS_GONE', 'nextLook');
    aws.on(GetObjectCommand).rejects(denied());
    await expectFailure(port.readText('a/b.db'), 'AWS_DENIED', 'never');
    aws.on(GetObjectCommand).rejects(awsError('SlowDown', 'no', 503));
    await expectFailure(port.readText('a/b.db'), 'AWS_THROTTLED', 'nextLook');
  });

  test('is not read into memory when it is no text of ours', async () => {
    aws.on(GetObjectCommand).resolves(answer('x', 2_000_000_000));
    await expectFailure(port.readText('a/b.db'), 'AWS_UNAVAILABLE', 'never');
  });

  test.each([{}, { Body: { transformToString: async () => 'x' } }])(
    'is unknown when %j comes',
    async (got) => {
      aws.on(GetObjectCommand).resolves(Object(got));
      await expectFailure(port.readText('a/b.db'), 'AWS_UNAVAILABLE', 'nextLook');
    },
  );

  test('is written under its key', async () => {
    aws.on(PutObjectCommand, { ...WHERE, Body: '{}' }).resolves({});
    await port.writeText('a/b.db', '{}');
    expect(aws.calls()).toHaveLength(1);
  });
});

describe('a listing', () => {
  const page = (from: number, count: number, more: string | undefined) => ({
    Contents: Array.from({ length: count }, (_, index) => ({
      Key: `a/${String(from + index).padStart(5, '0')}`,
      Size: 5,
      LastModified: AT,
    })),
    IsTruncated: more !== undefined,
    ...(more === undefined ? {} : { NextContinuationToken: more }),
  });

  test('of 3,000 objects is read from all pages', async () => {
    aws
      .on(ListObjectsV2Command)
      .resolvesOnce(page(0, 1_000, 'p1'))
      .resolvesOnce(page(1_000, 1_000, 'p2'))
      .resolvesOnce(page(2_000, 1_000, undefined));
    const objects = await port.list('a/');
    expect(objects).toHaveLength(3_000);
    expect(objects.at(-1)).toEqual({ key: 'a/02999', sizeBytes: 5, modifiedAtMs: AT.getTime() });
    const asked = aws.commandCalls(ListObjectsV2Command).map(({ args }) => args[0].input.ContinuationToken);
    expect(asked).toEqual([undefined, 'p1', 'p2']);
  });

  test('is unknown, not shorter, when a page fails or tells no way on (S46)', async () => {
    aws
      .on(ListObjectsV2Command)
      .resolvesOnce(page(0, 5, 'p1'))
      .rejects(throttled());
    await expectFailure(port.list('a/'), 'AWS_THROTTLED', 'nextLook');
    aws.reset();
    aws.on(ListObjectsV2Command).resolves({ Contents: [], IsTruncated: true });
    await expectFailure(port.list('a/'), 'AWS_UNAVAILABLE', 'nextLook');
    aws.on(ListObjectsV2Command).resolves({});
    await expectFailure(port.list('a/'), 'AWS_UNAVAILABLE', 'nextLook');
    aws.on(ListObjectsV2Command).rejects(denied());
    await expectFailure(port.list('a/'), 'AWS_DENIED', 'never');
  });

  test('of nothing is a successful none', async () => {
    aws.on(ListObjectsV2Command).resolves({ IsTruncated: false });
    expect(await port.list('a/')).toEqual([]);
  });
});

describe('a deletion', () => {
  test('names a thousand keys at a time', async () => {
    aws.on(DeleteObjectsCommand).resolves({});
    await port.remove(Array.from({ length: 1_001 }, (_, index) => `k${index}`));
    const counts = aws
      .commandCalls(DeleteObjectsCommand)
      .map(({ args }) => args[0].input.Delete?.Objects?.length);
    expect(counts).toEqual([1_000, 1]);
    await port.remove([]);
    expect(aws.calls()).toHaveLength(2);
  });

  test('fails when one key of it was not deleted', async () => {
    aws.on(DeleteObjectsCommand).resolves({ Errors: [{ Key: 'k', Code: 'InternalError' }] });
    await expectFailure(port.remove(['k']), 'AWS_UNAVAILABLE', 'nextLook');
    aws.on(DeleteObjectsCommand).resolves({ Errors: [{ Key: 'k', Code: 'AccessDenied' }] });
    await expectFailure(port.remove(['k']), 'AWS_DENIED', 'never');
    aws.on(DeleteObjectsCommand).resolves({ Errors: [{}] });
    await expectFailure(port.remove(['k']), 'AWS_UNAVAILABLE', 'nextLook');
  });
});

describe('an upload', () => {
  const UPLOAD = { ...WHERE, UploadId: 'u1' };
  const PART_BYTES = 8 * 1_024 * 1_024;
  /** The same bytes of a buffer that is used again and again, as a stream may give them. */
  async function* chunks(count: number, size: number, end?: Error): AsyncIterable<Uint8Array> {
    const chunk = Buffer.alloc(size);
    for (let index = 0; index < count; index += 1) {
      chunk.fill(index);
      yield chunk;
    }
    if (end !== undefined) throw end;
  }
  const begin = () => aws.on(CreateMultipartUploadCommand, WHERE).resolves({ UploadId: 'u1' });

  test('sends every byte once, in order, in parts of 8 MB', async () => {
    begin();
    const sent: Buffer[] = [];
    aws.on(UploadPartCommand).callsFake(async ({ Body, PartNumber }) => {
      // Slow enough for a later part to be filled meanwhile: what is sent must not change under it.
      await new Promise((resolve) => setImmediate(resolve));
      sent[PartNumber - 1] = Buffer.from(Body);
      return { ETag: `"${PartNumber}"`, ...(PartNumber === 1 ? { ChecksumCRC32: 'crc' } : {}) };
    });
    aws.on(CompleteMultipartUploadCommand, UPLOAD).resolves({});
    await port.upload('a/b.db', chunks(9, 3_000_000));
    expect(sent.map(({ length }) => length)).toEqual([
      PART_BYTES,
      PART_BYTES,
      PART_BYTES,
      27_000_000 - 3 * PART_BYTES,
    ]);
    const expected = Array.from({ length: 9 }, (_, index) => Buffer.alloc(3_000_000, index));
    expect(Buffer.concat(sent).equals(Buffer.concat(expected))).toBe(true);
    const [completed] = aws.commandCalls(CompleteMultipartUploadCommand);
    expect(completed?.args[0].input.MultipartUpload?.Parts).toEqual([
      { PartNumber: 1, ETag: '"1"', ChecksumCRC32: 'crc' },
      { PartNumber: 2, ETag: '"2"' },
      { PartNumber: 3, ETag: '"3"' },
      { PartNumber: 4, ETag: '"4"' },
    ]);
    expect(aws.commandCalls(AbortMultipartUploadCommand)).toHaveLength(0);
  });

  test('reads no further than its buffers while S3 is slow', async () => {
    begin();
    let release: () => void = () => {};
    const stalled = new Promise<void>((resolve) => {
      release = resolve;
    });
    aws.on(UploadPartCommand).callsFake(async () => {
      await stalled;
      return { ETag: 'e' };
    });
    aws.on(CompleteMultipartUploadCommand).resolves({});
    let readBytes = 0;
    async function* counted(): AsyncIterable<Uint8Array> {
      for await (const chunk of chunks(40, 1_048_576)) {
        readBytes += chunk.length;
        yield chunk;
      }
    }
    const done = port.upload('a/b.db', counted());
    let before = -1;
    while (readBytes !== before) {
      before = readBytes;
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(readBytes).toBeLessThanOrEqual(3 * PART_BYTES + 1_048_576);
    release();
    await done;
    expect(readBytes).toBe(40 * 1_048_576);
  });

  test('is given up, and never completed, when its bytes break off', async () => {
    begin();
    aws.on(UploadPartCommand).resolves({ ETag: 'e' });
    aws.on(AbortMultipartUploadCommand, UPLOAD).resolves({});
    const broken = new Error('the stream broke off');
    await expect(port.upload('a/b.db', chunks(3, 4_000_000, broken))).rejects.toBe(broken);
    expect(aws.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
    expect(aws.commandCalls(CompleteMultipartUploadCommand)).toHaveLength(0);
  });

  test('is given up when a part or the end of it is refused, and says what was wrong first', async () => {
    begin();
    aws.on(UploadPartCommand).rejects(denied());
    aws.on(AbortMultipartUploadCommand).rejects(throttled());
    await expectFailure(port.upload('a/b.db', chunks(9, 4_000_000)), 'AWS_DENIED', 'never');
    expect(aws.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
    aws.on(UploadPartCommand).resolves({ ETag: 'e' });
    aws.on(CompleteMultipartUploadCommand).rejects(awsError('InternalError', 'no', 500));
    await expectFailure(port.upload('a/b.db', chunks(1, 5)), 'AWS_UNAVAILABLE', 'nextLook');
    expect(aws.commandCalls(AbortMultipartUploadCommand)).toHaveLength(2);
  });

  test('of nothing is refused, and leaves nothing', async () => {
    begin();
    aws.on(AbortMultipartUploadCommand).resolves({});
    await expect(port.upload('a/b.db', chunks(0, 1))).rejects.toThrow('would be empty');
    expect(aws.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
  });

  test('that was left behind is found on every page, and given up once', async () => {
    const one = (Key: string) => ({ Key, UploadId: `of-${Key}`, Initiated: AT });
    aws
      .on(ListMultipartUploadsCommand, { Bucket: 'backups', Prefix: 'a/' })
      .resolves({ Uploads: [one('a/1')], IsTruncated: true, NextKeyMarker: 'a/1', NextUploadIdMarker: 'u' })
      .on(ListMultipartUploadsCommand, {
        Bucket: 'backups',
        Prefix: 'a/',
        KeyMarker: 'a/1',
        UploadIdMarker: 'u',
      })
      .resolves({ Uploads: [one('a/2')], IsTruncated: false });
    const uploads = await port.listUploads('a/');
    expect(uploads).toEqual([
      { key: 'a/1', uploadId: 'of-a/1', startedAtMs: AT.getTime() },
      { key: 'a/2', uploadId: 'of-a/2', startedAtMs: AT.getTime() },
    ]);
    const [first] = uploads;
    if (first === undefined) throw new Error('no upload was found');
    aws.on(AbortMultipartUploadCommand).rejects(awsError('NoSuchUpload', 'no', 404));
    await port.abortUpload(first);
    aws.on(AbortMultipartUploadCommand).rejects(denied());
    await expectFailure(port.abortUpload(first), 'AWS_DENIED', 'never');
    aws.on(ListMultipartUploadsCommand).rejects(denied());
    await expectFailure(port.listUploads('a/'), 'AWS_DENIED', 'never');
  });
});

describe('a download', () => {
  async function* body(end?: Error): AsyncIterable<Uint8Array> {
    yield Buffer.from('ab');
    yield Buffer.from('cd');
    if (end !== undefined) throw end;
  }

  async function bytesOf(key: string): Promise<string> {
    const parts: Uint8Array[] = [];
    for await (const part of (await port.download(key)) ?? []) parts.push(part);
    return Buffer.concat(parts).toString();
  }

  test('comes piece by piece', async () => {
    aws.on(GetObjectCommand, WHERE).resolves(Object({ Body: body() }));
    expect(await bytesOf('a/b.db')).toBe('abcd');
  });

  test('is absent only when S3 says so', async () => {
    aws.on(GetObjectCommand).rejects(awsError('NoSuchKey', 'no', 404));
    expect(await port.download('a/b.db')).toBeNull();
    aws.on(GetObjectCommand).rejects(denied());
    await expectFailure(port.download('a/b.db'), 'AWS_DENIED', 'never');
  });

  test('that breaks off is a failure, never a shorter object', async () => {
    aws.on(GetObjectCommand).resolves(Object({ Body: body(new Error('aborted')) }));
    await expectFailure(bytesOf('a/b.db'), 'AWS_UNAVAILABLE', 'nextLook');
    aws.on(GetObjectCommand).resolves(Object({ Body: {} }));
    await expectFailure(bytesOf('a/b.db'), 'AWS_UNAVAILABLE', 'nextLook');
  });
});
