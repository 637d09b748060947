import type { IncomingMessage } from 'node:http';

interface Rule {
  readonly method: string;
  /** Whether the path names an object, and not only a bucket. */
  readonly hasKey: boolean;
  /** A query parameter that tells it from the others; `null`: none of them. */
  readonly by: string | null;
  readonly operation: string;
}

const rule = (method: string, hasKey: boolean, by: string | null, operation: string): Rule => ({
  method,
  hasKey,
  by,
  operation,
});

/** S3 names no operation in its requests; those that snapshots need, the more special ones first. */
const RULES: readonly Rule[] = [
  rule('PUT', true, 'partNumber', 'UploadPart'),
  rule('POST', true, 'uploads', 'CreateMultipartUpload'),
  rule('POST', true, 'uploadId', 'CompleteMultipartUpload'),
  rule('DELETE', true, 'uploadId', 'AbortMultipartUpload'),
  rule('GET', true, 'uploadId', 'ListParts'),
  rule('GET', true, null, 'GetObject'),
  rule('HEAD', true, null, 'HeadObject'),
  rule('PUT', true, null, 'PutObject'),
  rule('DELETE', true, null, 'DeleteObject'),
  rule('GET', false, 'uploads', 'ListMultipartUploads'),
  rule('GET', false, 'list-type', 'ListObjectsV2'),
  rule('POST', false, 'delete', 'DeleteObjects'),
];

export const S3_OPERATIONS: readonly string[] = RULES.map(({ operation }) => operation);

/** The operation of a request with the bucket in its path; `null`: one that nobody here makes. */
export function s3Operation({ method, url }: Pick<IncomingMessage, 'method' | 'url'>): string | null {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://s3');
  const hasKey = pathname.split('/').slice(2).join('/') !== '';
  const found = RULES.find(
    (one) => one.method === method && one.hasKey === hasKey && (one.by === null || searchParams.has(one.by)),
  );
  return found?.operation ?? null;
}
