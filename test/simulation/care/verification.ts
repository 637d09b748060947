import { manifestKey, verifiedKey } from '../../../functions/core/backup/keys.ts';
import { decodeManifest } from '../../../functions/core/backup/manifest.ts';
import { parseVerify, refreshBody } from '../../../functions/core/backup/messages.ts';
import type { ObjectPort } from '../../../functions/core/backup/object-port.ts';
import { encodeVerified } from '../../../functions/core/backup/verified.ts';
import { heldIn, shaOf } from './database.ts';
import { type CareWorld, CLUSTER } from './world.ts';

/**
 * What verification comes to, in short: it restores a snapshot into an etcd of its own and compares. Here the
 * bytes themselves are asked what came out.
 */
export async function verify(world: CareWorld, objects: ObjectPort, body: string): Promise<string> {
  const parsed = parseVerify(body);
  if (!parsed.ok) return parsed.reason;
  const refresh = (): number => world.mail.backup.push(refreshBody(CLUSTER, !world.hasTools, world.nonce()));
  const { key } = parsed.place;
  if (!world.hasTools) {
    refresh();
    return 'no tools';
  }
  const manifest = decodeManifest((await objects.readText(manifestKey(key))) ?? '');
  const bytes = world.bucket.objects.get(key)?.bytes ?? null;
  if (manifest === null || bytes === null) return 'there is no such snapshot';
  const held = shaOf(bytes) === manifest.sha256 ? heldIn(bytes) : null;
  const isGood = held !== null && !held.isCorrupt && held.clusterId === manifest.clusterId;
  const found = {
    key,
    at: new Date(world.nowMs).toISOString(),
    restorable: isGood,
    reason: isGood ? null : 'what came out is not what the member told',
    revision: isGood ? held.revision : null,
    keyCount: null,
    etcdVersion: world.etcd.version,
  };
  await objects.writeText(verifiedKey(key), encodeVerified(found));
  refresh();
  return isGood ? 'restorable' : 'not restorable';
}
