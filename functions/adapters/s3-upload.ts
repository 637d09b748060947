import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { InvariantError, OperationError } from '../core/errors.ts';
import { present } from './aws-errors.ts';
import type { Bucket } from './s3.ts';

const WRITE = 's3:PutObject';
const ABORT = 's3:AbortMultipartUpload';

/** S3 takes 5 MB to 5 GB, and 10,000 of them: a database may have 80 GB. */
const PART_BYTES = 8 * 1_024 * 1_024;
/** The SDK sends it with every part by itself, and S3 refuses parts with a checksum that was not announced. */
const CHECKSUM = 'CRC32';
/** One is sent while the next is filled; each has its buffer for good, so that memory stays flat. */
const BUFFERS = 3;

interface Target extends Bucket {
  readonly key: string;
  readonly uploadId: string;
}

/**
 * In parts, so that an object appears only when it is complete: what dies on the way leaves an upload
 * that nobody sees, and that the bucket's lifecycle rule or {@link abortUpload} gives up.
 */
export async function upload(bucket: Bucket, key: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const { client, call } = bucket;
  const where = { Bucket: bucket.bucket, Key: key };
  const command = new CreateMultipartUploadCommand({ ...where, ChecksumAlgorithm: CHECKSUM });
  const begun = await call(WRITE, (options) => client.send(command, options), { key });
  const target = { ...bucket, key, uploadId: present(begun.UploadId, WRITE, 'the id of an upload') };
  try {
    const parts = await sendParts(target, chunks);
    if (parts.length === 0) throw new InvariantError(`${key} would be empty`);
    await complete(target, parts);
  } catch (error) {
    // What went wrong first is what is told; leftovers of uploads are looked for later, too.
    await abortUpload(bucket, key, target.uploadId).catch(() => {});
    throw error;
  }
}

/** Reads on only while a buffer is free: whoever is slower, the other waits. */
async function sendParts(
  target: Target,
  chunks: AsyncIterable<Uint8Array>,
): Promise<readonly CompletedPart[]> {
  const free = Array.from({ length: BUFFERS }, () => Buffer.allocUnsafe(PART_BYTES));
  const sent: Promise<CompletedPart>[] = [];
  const waiting: Promise<Buffer>[] = [];
  const send = (buffer: Buffer, length: number): void => {
    const part = sendPart(target, sent.length + 1, buffer.subarray(0, length));
    sent.push(part);
    // A part that failed frees nothing: whoever waits for its buffer hears of the failure.
    waiting.push(part.then(() => buffer));
    for (const promise of [part, waiting.at(-1)]) promise?.catch(() => {});
  };
  const next = async (): Promise<Buffer> => free.pop() ?? (await oldest(waiting));
  try {
    await fill(chunks, next, send);
    return await Promise.all(sent);
  } finally {
    // A part that arrives after its upload was given up would stay, and cost.
    await Promise.allSettled(sent);
  }
}

async function fill(
  chunks: AsyncIterable<Uint8Array>,
  next: () => Promise<Buffer>,
  send: (buffer: Buffer, length: number) => void,
): Promise<void> {
  let buffer = await next();
  let filled = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      if (filled === PART_BYTES) {
        send(buffer, filled);
        buffer = await next();
        filled = 0;
      }
      const length = Math.min(PART_BYTES - filled, chunk.length - taken);
      buffer.set(chunk.subarray(taken, taken + length), filled);
      filled += length;
      taken += length;
    }
  }
  if (filled > 0) send(buffer, filled);
}

function oldest(waiting: Promise<Buffer>[]): Promise<Buffer> {
  const first = waiting.shift();
  if (first === undefined) throw new InvariantError('no buffer is free, and none is on its way');
  return first;
}

async function sendPart(target: Target, PartNumber: number, Body: Uint8Array): Promise<CompletedPart> {
  const { client, call, bucket, key, uploadId } = target;
  const where = { Bucket: bucket, Key: key, UploadId: uploadId };
  const command = new UploadPartCommand({ ...where, PartNumber, Body, ChecksumAlgorithm: CHECKSUM });
  const answer = await call(WRITE, (options) => client.send(command, options), { key, part: PartNumber });
  const { ChecksumCRC32 } = answer;
  const ETag = present(answer.ETag, WRITE, 'the tag of a part');
  return { PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) };
}

async function complete(target: Target, parts: readonly CompletedPart[]): Promise<void> {
  const { client, call, bucket, key, uploadId } = target;
  const MultipartUpload = { Parts: [...parts] };
  const where = { Bucket: bucket, Key: key, UploadId: uploadId };
  const command = new CompleteMultipartUploadCommand({ ...where, MultipartUpload });
  await call(WRITE, (options) => client.send(command, options), { key });
}

/** An upload that is gone already is fine. */
export async function abortUpload(bucket: Bucket, key: string, uploadId: string): Promise<void> {
  const { client, call } = bucket;
  const command = new AbortMultipartUploadCommand({ Bucket: bucket.bucket, Key: key, UploadId: uploadId });
  try {
    await call(ABORT, (options) => client.send(command, options), { key });
  } catch (error) {
    const cause = error instanceof OperationError ? error.cause : null;
    if (cause instanceof Error && cause.name === 'NoSuchUpload') return;
    throw error;
  }
}
