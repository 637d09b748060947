import { manifestKey, verifiedKey } from '../../../functions/core/backup/keys.ts';
import { decodeManifest } from '../../../functions/core/backup/manifest.ts';
import { encodeVerified } from '../../../functions/core/backup/verified.ts';
import type { FakeWorld } from './fake-world.ts';

export function askForLook(world: FakeWorld, id: string): void {
  world.mail.ask(world, JSON.stringify({ source: 'aws.events', 'detail-type': 'Scheduled Event', id }));
}

/** By a recovery, which waits for what is found of it. */
export const isCaptured = ({ bucket }: FakeWorld, key: string): boolean =>
  decodeManifest(bucket.textOf(manifestKey(key)) ?? '')?.origin === 'recovery';

/** Restored for proof: what lies there is what was put there, and nobody's corrupt data. */
export function verify(world: FakeWorld, key: string): void {
  const { bucket, nowMs, etcd } = world;
  const object = bucket.objects.get(key);
  const manifest: unknown = JSON.parse(bucket.textOf(manifestKey(key)) ?? 'null');
  if (object?.snapshot == null || manifest === null) return;
  const isSame = Object(manifest).sha256 === object.sha256;
  const isGood = isSame && !object.snapshot.stored.isCorrupt;
  const found = {
    key,
    at: new Date(nowMs).toISOString(),
    restorable: isGood,
    reason: isGood ? null : isSame ? 'its hash is not that of the member' : 'its checksum is wrong',
    revision: isGood ? String(object.snapshot.stored.revision) : null,
    keyCount: null,
    etcdVersion: etcd.version,
  };
  bucket.putText(verifiedKey(key), encodeVerified(found), nowMs);
}
