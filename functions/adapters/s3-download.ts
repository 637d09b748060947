import { GetObjectCommand } from '@aws-sdk/client-s3';
import { OperationError } from '../core/errors.ts';
import { malformedAnswer, present } from './aws-errors.ts';
import type { Bucket } from './s3.ts';

const READ = 's3:GetObject';

/** The bytes of an object as they come. */
export async function download(
  { client, call, bucket: Bucket }: Bucket,
  key: string,
): Promise<AsyncIterable<Uint8Array> | null> {
  const answer = await nullWhereGone(() =>
    // The deadline of a call would end the body, too, which may take minutes: only its beginning has one.
    call(READ, () => client.send(new GetObjectCommand({ Bucket, Key: key })), { bucket: Bucket, key }),
  );
  return answer === null ? null : bytesOf(present(answer.Body, READ, 'a body'), key);
}

async function* bytesOf(body: object, key: string): AsyncIterable<Uint8Array> {
  if (!(Symbol.asyncIterator in body)) throw malformedAnswer(READ, `a body of ${key} that can be read`);
  const chunks: AsyncIterator<unknown> = Object(body)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) return;
      if (value instanceof Uint8Array) yield value;
    }
  } catch (cause) {
    throw new OperationError(
      'AWS_UNAVAILABLE',
      'nextLook',
      `${READ} broke off within ${key}`,
      { key },
      cause,
    );
  } finally {
    await chunks.return?.();
  }
}

/**
 * S3 says `NoSuchKey` only to who may list the bucket; to others it says that they are denied, so that
 * they learn nothing. A bucket that does not exist is another matter, and an error.
 */
export async function nullWhereGone<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read();
  } catch (error) {
    const cause = error instanceof OperationError ? error.cause : null;
    if (cause instanceof Error && cause.name === 'NoSuchKey') return null;
    throw error;
  }
}
