import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { IntactCheck, type IntactVerdict } from '../../../functions/core/backup/intact.ts';
import { manifestKey } from '../../../functions/core/backup/keys.ts';
import { decodeManifest } from '../../../functions/core/backup/manifest.ts';
import type { ObjectPort } from '../../../functions/core/backup/object-port.ts';
import type { RestoreSource } from '../../../functions/core/care-settings.ts';
import { placeOfRestore } from '../../../functions/core/restore.ts';
import { Failure } from '../failure.ts';

/** What reading, and writing one, needs of a bucket. */
export type SourceBucket = Pick<ObjectPort, 'readText' | 'list' | 'upload' | 'download'>;

/** Where the snapshots of a new cluster lie, and those it is founded from beside them. */
export interface Target {
  readonly bucket: string;
  readonly prefix: string;
  readonly cluster: string;
}

/** A snapshot that was looked at whole, or whose manifest says what it is. */
export interface Judged {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Where it lies; `null`: it is a file here. */
  readonly uri: string | null;
}

type OpenBucket = (name: string) => SourceBucket;

/**
 * Judges what a cluster is to be founded from, before anything is made.
 *
 * @throws {Failure} it is not there, or is no whole snapshot of etcd.
 */
export async function judgeSource(from: string, openBucket: OpenBucket): Promise<Judged> {
  if (!from.startsWith('s3://')) return judgeFile(from);
  const place = placeOfRestore(from);
  if (place === null)
    throw new Failure(
      `${from} is not like s3://bucket/key: letters, digits and /._- in at most 512 characters`,
    );
  return { ...(await judgeObject(place.key, openBucket(place.bucket), from)), uri: from };
}

async function judgeFile(path: string): Promise<Judged> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new Failure(`there is no file ${path}`);
  return { ...(await judgeBytes(createReadStream(path), path)), uri: null };
}

/** By its manifest, if it is one of ours and as long as it says: whoever restores it compares its hash again. */
async function judgeObject(key: string, bucket: SourceBucket, from: string): Promise<Omit<Judged, 'uri'>> {
  const object = (await bucket.list(key)).find((one) => one.key === key);
  if (object === undefined) throw new Failure(`there is no object ${from}`);
  const manifest = key.endsWith('.db')
    ? decodeManifest((await bucket.readText(manifestKey(key))) ?? '')
    : null;
  if (manifest !== null && manifest.sizeBytes !== object.sizeBytes)
    throw new Failure(
      `${from} is no whole snapshot: it has ${object.sizeBytes} bytes, and its manifest says ${manifest.sizeBytes}`,
    );
  if (manifest !== null) return { sizeBytes: manifest.sizeBytes, sha256: manifest.sha256 };
  const bytes = await bucket.download(key);
  if (bytes === null) throw new Failure(`there is no object ${from}`);
  return judgeBytes(bytes, from);
}

async function judgeBytes(bytes: AsyncIterable<unknown>, from: string): Promise<IntactVerdict> {
  const check = new IntactCheck();
  for await (const chunk of bytes) if (chunk instanceof Uint8Array) check.add(chunk);
  const verdict = check.end();
  if (verdict.problem === null) return verdict;
  throw new Failure(
    `${from} is no whole snapshot of etcd: ${verdict.problem}; take one with etcdctl snapshot save`,
  );
}

/** Where a file goes: its hash is its name, so that twice the same is once. */
export const uriOf = ({ bucket, prefix, cluster }: Target, { uri, sha256 }: Judged): string =>
  uri ?? `s3://${bucket}/${prefix}${cluster}/restore/${sha256}.db`;

/** Puts a file where the new cluster can read it, unless it lies there already. */
export async function bring(
  from: string,
  judged: Judged,
  target: Target,
  openBucket: OpenBucket,
): Promise<RestoreSource> {
  const uri = uriOf(target, judged);
  const { sizeBytes, sha256 } = judged;
  const key = uri.slice(`s3://${target.bucket}/`.length);
  if (judged.uri === null) {
    const bucket = openBucket(target.bucket);
    const there = (await bucket.list(key)).find((one) => one.key === key);
    if (there?.sizeBytes !== sizeBytes) await bucket.upload(key, createReadStream(from));
  }
  return { uri, sizeBytes, sha256 };
}
