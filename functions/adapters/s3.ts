import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectLook, ObjectPort, PendingUpload, StoredObject } from '../core/backup/object-port.ts';
import { OperationError } from '../core/errors.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, CLIENT_SETTINGS, createCall, readAllPages } from './aws-client.ts';
import { malformedAnswer, present } from './aws-errors.ts';
import { download, nullWhereGone } from './s3-download.ts';
import { abortUpload, upload } from './s3-upload.ts';

const LIST = 's3:ListBucket';
const READ = 's3:GetObject';
const WRITE = 's3:PutObject';
const REMOVE = 's3:DeleteObject';
const LIST_UPLOADS = 's3:ListBucketMultipartUploads';

/** The most that one deletion can name. */
const KEYS_PER_CALL = 1_000;
/** Far beyond a manifest; a database that somebody named so must not be read into memory. */
const TEXT_BYTES_MAX = 1_000_000;

/** A part of a snapshot takes seconds where a small call takes milliseconds; slow is not silent. */
const REQUEST_MS = 20_000;
/** For one call with all its attempts. */
const CALL_MS = 45_000;

export const OBJECT_CLIENT_SETTINGS = {
  ...CLIENT_SETTINGS,
  requestHandler: { ...CLIENT_SETTINGS.requestHandler, requestTimeout: REQUEST_MS },
};

/** S3 has calls of other names than its permissions: calls are told by the permission, as IAM names it. */
export function createObjectPort(client: S3Client, bucket: string, onCall?: OnCall): ObjectPort {
  const call = createCall(onCall, CALL_MS);
  const context = { client, call, bucket };
  return {
    readText: (key) => readText(context, key),
    writeText: (key, text) => writeText(context, key, text),
    list: (prefix) => list(context, prefix),
    remove: (keys) => remove(context, keys),
    upload: (key, chunks) => upload(context, key, chunks),
    download: (key) => download(context, key),
    listUploads: (prefix) => listUploads(context, prefix),
    abortUpload: (pending) => abortUpload(context, pending.key, pending.uploadId),
  };
}

/** For whoever only looks. */
export function createObjectLook(client: S3Client, bucket: string, onCall?: OnCall): ObjectLook {
  const context = { client, call: createCall(onCall), bucket };
  return { readText: (key) => readText(context, key), list: (prefix) => list(context, prefix) };
}

/** For whoever looks and leaves one text: it can delete nothing, and upload nothing that is larger. */
export function createSightPort(
  client: S3Client,
  bucket: string,
  onCall?: OnCall,
): ObjectLook & Pick<ObjectPort, 'writeText'> {
  const call = createCall(onCall);
  const context = { client, call, bucket };
  return {
    readText: (key) => readText(context, key),
    list: (prefix) => list(context, prefix),
    writeText: (key, text) => writeText(context, key, text),
  };
}

/** For whoever reads snapshots and leaves a text beside one. */
export function createTrialPort(
  client: S3Client,
  bucket: string,
  onCall?: OnCall,
): ObjectLook & Pick<ObjectPort, 'writeText' | 'download'> {
  const context = { client, call: createCall(onCall, CALL_MS), bucket };
  return {
    ...createSightPort(client, bucket, onCall),
    download: (key) => download(context, key),
  };
}

/** Where an object is, and how it is asked for. */
export interface Bucket {
  readonly client: S3Client;
  readonly call: Call;
  readonly bucket: string;
}

async function readText({ client, call, bucket: Bucket }: Bucket, key: string): Promise<string | null> {
  return nullWhereGone(() =>
    call(
      READ,
      async (options) => {
        const answer = await client.send(new GetObjectCommand({ Bucket, Key: key }), options);
        const body = present(answer.Body, READ, 'a body');
        refuseLong(key, present(answer.ContentLength, READ, 'a length'));
        return body.transformToString('utf8');
      },
      { bucket: Bucket, key },
    ),
  );
}

function refuseLong(key: string, bytes: number): void {
  if (bytes <= TEXT_BYTES_MAX) return;
  const words = `${key} has ${bytes} bytes, which is no text of ours`;
  throw new OperationError('AWS_UNAVAILABLE', 'never', words, { key, bytes });
}

async function writeText({ client, call, bucket: Bucket }: Bucket, key: string, text: string): Promise<void> {
  const command = new PutObjectCommand({ Bucket, Key: key, Body: text, ContentType: 'application/json' });
  await call(WRITE, (options) => client.send(command, options), { bucket: Bucket, key });
}

async function list(
  { client, call, bucket: Bucket }: Bucket,
  prefix: string,
): Promise<readonly StoredObject[]> {
  const objects = await readAllPages(LIST, async (ContinuationToken) => {
    const command = new ListObjectsV2Command({ Bucket, Prefix: prefix, ContinuationToken });
    const page = await call(LIST, (options) => client.send(command, options), { bucket: Bucket, prefix });
    if (present(page.IsTruncated, LIST, 'a word about further pages') && !page.NextContinuationToken)
      throw malformedAnswer(LIST, 'the way to its next page');
    const nextToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    return { items: page.Contents ?? [], nextToken };
  });
  return objects.map(({ Key, Size, LastModified }) => ({
    key: present(Key, LIST, 'the key of an object'),
    sizeBytes: present(Size, LIST, `the size of ${Key}`),
    modifiedAtMs: present(LastModified, LIST, `the time of ${Key}`).getTime(),
  }));
}

/** @throws {OperationError} one of the keys could not be deleted. */
async function remove({ client, call, bucket: Bucket }: Bucket, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += KEYS_PER_CALL) {
    const Objects = keys.slice(start, start + KEYS_PER_CALL).map((Key) => ({ Key }));
    const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
    const answer = await call(REMOVE, (options) => client.send(command, options), { bucket: Bucket });
    const [refused] = answer.Errors ?? [];
    if (refused === undefined) continue;
    const { Key = 'an object', Code = 'no reason given' } = refused;
    const [code, retry] = DENIED.test(Code)
      ? (['AWS_DENIED', 'never'] as const)
      : (['AWS_UNAVAILABLE', 'nextLook'] as const);
    throw new OperationError(code, retry, `${REMOVE} refused ${Key}: ${Code}`, { call: REMOVE, key: Key });
  }
}

const DENIED = /denied|unauthorized/i;

async function listUploads(
  { client, call, bucket: Bucket }: Bucket,
  prefix: string,
): Promise<readonly PendingUpload[]> {
  const uploads = await readAllPages(LIST_UPLOADS, async (token) => {
    const [KeyMarker, UploadIdMarker] = token === undefined ? [] : token.split('\n');
    const request = { Bucket, Prefix: prefix, KeyMarker, UploadIdMarker };
    const command = new ListMultipartUploadsCommand(request);
    const page = await call(LIST_UPLOADS, (options) => client.send(command, options), { bucket: Bucket });
    const next = `${page.NextKeyMarker ?? ''}\n${page.NextUploadIdMarker ?? ''}`;
    return { items: page.Uploads ?? [], nextToken: page.IsTruncated === true ? next : undefined };
  });
  return uploads.map(({ Key, UploadId, Initiated }) => ({
    key: present(Key, LIST_UPLOADS, 'the key of an upload'),
    uploadId: present(UploadId, LIST_UPLOADS, `the id of the upload of ${Key}`),
    startedAtMs: present(Initiated, LIST_UPLOADS, `the start of the upload of ${Key}`).getTime(),
  }));
}
