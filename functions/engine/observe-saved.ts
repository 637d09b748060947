import { sightKey, snapshotsPath } from '../core/backup/keys.ts';
import { type Shelf, shelfOf, textKeysOf } from '../core/backup/listing.ts';
import type { ObjectLook } from '../core/backup/object-port.ts';
import { decodeSight } from '../core/checks/sight.ts';
import { OperationError } from '../core/errors.ts';
import type { ClusterId } from '../core/identity.ts';
import type { Observation } from '../core/observation.ts';
import { pinnedClusterId } from '../core/pinned.ts';
import { judgeLoss } from '../core/recovery/evidence.ts';
import type { LastSeen } from '../core/recovery/record.ts';
import { openRecovery } from '../core/recovery/records.ts';
import type { SavedSight } from '../core/recovery/sources.ts';
import type { Ports } from './ports.ts';
import { sideBySide } from './side-by-side.ts';

/**
 * What lies in the bucket, read only where somebody decides by it: a listing costs as many calls as there are
 * snapshots. A failure is a value: it is not "nothing", and must not hide the rest of the look (S46).
 */
export async function observeSaved(
  ports: Pick<Ports, 'objectsIn'>,
  world: Omit<Observation, 'saved' | 'databases'>,
): Promise<SavedSight | null> {
  if (!isWanted(world)) return null;
  const { bucket, prefix } = world.config.backup;
  const objects = ports.objectsIn(bucket);
  try {
    const [shelf, lastSeen] = await Promise.all([
      readShelf(objects, snapshotsPath(prefix, world.cluster), world.cluster),
      readLastSeen(objects, sightKey(prefix, world.cluster), pinnedClusterId(world.records)),
    ]);
    return { known: true, lastSeen, snapshots: shelf.snapshots };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { known: false, because: `${error.code}: ${error.message}` };
  }
}

/** An operator asks, or the configuration decides: on a loss that is for ever, and from nobody captured yet. */
function isWanted(world: Omit<Observation, 'saved' | 'databases'>): boolean {
  if (world.etcd.view !== null) return false;
  if (world.pass.isRecoveryAsked) return true;
  if (world.config.recovery === 'manual') return false;
  const isCaptured = openRecovery(world.records) !== null && world.records.recovery.captured !== null;
  const { permanent, unknown } = judgeLoss(world);
  return permanent && unknown.length === 0 && !isCaptured;
}

async function readShelf(objects: ObjectLook, path: string, cluster: string): Promise<Shelf> {
  const listed = await objects.list(path);
  const keys = textKeysOf(path, listed);
  const texts = await sideBySide(keys, (key) => objects.readText(key));
  return shelfOf(path, cluster, listed, new Map(keys.map((key, index) => [key, texts[index] ?? null])));
}

/** `null`: nobody wrote a sight of this cluster, or one that cannot be read. */
async function readLastSeen(
  objects: ObjectLook,
  key: string,
  clusterId: ClusterId | null,
): Promise<LastSeen | null> {
  const sight = decodeSight(await objects.readText(key));
  return sight !== null && sight.clusterId === clusterId ? { revision: sight.revision, at: sight.at } : null;
}
