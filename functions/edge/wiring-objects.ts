import { S3Client } from '@aws-sdk/client-s3';
import type { OnCall } from '../adapters/aws-calls.ts';
import { createObjectLook, OBJECT_CLIENT_SETTINGS } from '../adapters/s3.ts';
import type { ObjectLook } from '../core/backup/object-port.ts';

/** Buckets by name, where `null` names that of the stack; one client for all of them, once per cold start. */
export function connectObjects(stackBucket: string, onCall?: OnCall): (bucket: string | null) => ObjectLook {
  const client = new S3Client(OBJECT_CLIENT_SETTINGS);
  return (bucket) => createObjectLook(client, bucket ?? stackBucket, onCall);
}
