import { manifestKey, verifiedKey } from '../../core/backup/keys.ts';
import { type Shelf, shelfOf, textKeysOf } from '../../core/backup/listing.ts';
import type { ObjectLook, ObjectPort } from '../../core/backup/object-port.ts';
import { isStaleUpload, type Keep, planRetention, staleLeftovers } from '../../core/backup/retention.ts';
import { sideBySide } from '../side-by-side.ts';

/**
 * All that a cluster has in its bucket, read whole.
 *
 * @throws {OperationError} any part of it could not be read: half a listing is none (S46).
 */
export async function readShelf(objects: ObjectLook, path: string, cluster: string): Promise<Shelf> {
  const listed = await objects.list(path);
  const texts = await sideBySide(
    textKeysOf(path, listed),
    async (key) => [key, await objects.readText(key)] as const,
  );
  return shelfOf(path, cluster, listed, new Map(texts));
}

/** What was thrown away. */
export interface Pruned {
  readonly removedKeys: readonly string[];
  readonly leftoverCount: number;
}

/**
 * Removes what is not to be kept any more. Manifests go first: what is interrupted then leaves files that
 * nobody takes for a snapshot, and that go as leftovers a day later.
 */
export async function prune(
  objects: ObjectPort,
  path: string,
  shelf: Shelf,
  keep: Keep,
  nowMs: number,
): Promise<Pruned> {
  const removedKeys = planRetention(shelf, keep, nowMs);
  await objects.remove(removedKeys.map(manifestKey));
  await objects.remove(removedKeys.flatMap((key) => [key, verifiedKey(key)]));
  const stale = staleLeftovers(shelf, nowMs);
  await objects.remove(stale);
  const uploads = (await objects.listUploads(path)).filter(({ startedAtMs }) =>
    isStaleUpload(startedAtMs, nowMs),
  );
  for (const upload of uploads) await objects.abortUpload(upload);
  return { removedKeys, leftoverCount: stale.length + uploads.length };
}
