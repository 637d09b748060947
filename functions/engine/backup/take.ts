import type { Source } from '../../core/backup/choose.ts';
import { IntactCheck, type IntactVerdict } from '../../core/backup/intact.ts';
import { manifestKey, snapshotKey } from '../../core/backup/keys.ts';
import { encodeManifest, type Manifest, type Origin } from '../../core/backup/manifest.ts';
import type { ObjectPort } from '../../core/backup/object-port.ts';
import { OperationError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { BackupEtcd } from './ports.ts';

/** Where a snapshot comes from and goes to. */
export interface Taking {
  readonly etcd: BackupEtcd;
  readonly objects: ObjectPort;
  readonly clock: Clock;
  readonly cluster: string;
  readonly path: string;
  readonly deadlineMs: number;
}

export interface TakenObject {
  readonly key: string;
  readonly manifest: Manifest;
}

/** What is known of a database before it is sent; `null`: it was not asked, or did not tell. */
export type Figures = Pick<Manifest, 'hash' | 'compactRevision' | 'keyCount'>;

/**
 * One member's database, from its stream into the bucket. Judged while it passes, so that what is not whole never
 * appears; its manifest comes last, so that what has none is no snapshot.
 *
 * @throws {OperationError} etcd broke off, what came is damaged, or S3 refused: nothing is left that looks like a snapshot.
 */
export async function takeFrom(
  taking: Taking,
  source: Source,
  figures: Figures,
  origin: Origin,
): Promise<TakenObject> {
  const { etcd, objects, cluster, path, deadlineMs } = taking;
  const { memberId, instanceId, clusterId, status } = source;
  const takenAtMs = await freeSecond(taking, status.revision);
  const key = snapshotKey(path, takenAtMs, status.revision);
  const verdict = await uploadIntact(objects, key, etcd.snapshot(source.endpoint, deadlineMs));
  const manifest: Manifest = {
    cluster,
    clusterId,
    memberId,
    instanceId,
    etcdVersion: status.version,
    takenAt: new Date(takenAtMs).toISOString(),
    sizeBytes: verdict.sizeBytes,
    sha256: verdict.sha256,
    atRevision: status.revision,
    ...figures,
    origin,
  };
  await objects.writeText(manifestKey(key), encodeManifest(manifest));
  return { key, manifest };
}

/** Two in one second at one revision would be one name, and the second would change what the first's manifest promises. */
const NAMES_TRIED_MAX = 5;

async function freeSecond({ clock, objects, path }: Taking, revision: string): Promise<number> {
  for (let tried = 0; tried < NAMES_TRIED_MAX; tried += 1) {
    const atMs = clock.nowMs();
    const isTaken = (await objects.readText(manifestKey(snapshotKey(path, atMs, revision)))) !== null;
    if (!isTaken) return atMs;
    await clock.sleep(1_000 - (atMs % 1_000));
  }
  throw new OperationError('AWS_UNAVAILABLE', 'nextLook', 'there is a snapshot of each of the last seconds');
}

async function uploadIntact(
  objects: ObjectPort,
  key: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<IntactVerdict> {
  const check = new IntactCheck();
  async function* checked(): AsyncIterable<Uint8Array> {
    for await (const chunk of chunks) {
      check.add(chunk);
      yield chunk;
    }
    const { problem } = check.end();
    // Thrown before the end is reached: what does not end is not completed.
    if (problem !== null) throw damaged(problem);
  }
  await objects.upload(key, checked());
  return check.end();
}

const damaged = (problem: string): OperationError =>
  new OperationError('SNAPSHOT_DAMAGED', 'nextLook', `what etcd sent is no snapshot: ${problem}`);
