import { manifestKey, snapshotKey, snapshotsPath, verifiedKey } from '../../../functions/core/backup/keys.ts';
import { type Shelf, shelfOf, textKeysOf } from '../../../functions/core/backup/listing.ts';
import { encodeManifest, type Manifest } from '../../../functions/core/backup/manifest.ts';
import type { StoredObject } from '../../../functions/core/backup/object-port.ts';
import { encodeVerified, type Verified } from '../../../functions/core/backup/verified.ts';

export const CLUSTER = 'core';
export const PATH = snapshotsPath('etcd-autopilot/', CLUSTER);

export const sampleManifest = (over: Partial<Manifest> = {}): Manifest => ({
  cluster: CLUSTER,
  clusterId: '14841639068965178418',
  memberId: '10276657743932975437',
  instanceId: 'i-0000000a',
  etcdVersion: '3.6.14',
  takenAt: '2026-11-21T10:00:00.000Z',
  sizeBytes: 20_512,
  sha256: 'ab'.repeat(32),
  atRevision: '120',
  hash: '4013402873',
  compactRevision: '-1',
  keyCount: 42,
  origin: 'schedule',
  ...over,
});

export const sampleVerified = (over: Partial<Verified> = {}): Verified => ({
  key: snapshotKey(PATH, Date.parse('2026-11-21T10:00:00Z'), '120'),
  at: '2026-11-21T10:02:00.000Z',
  restorable: true,
  reason: null,
  revision: '123',
  keyCount: 42,
  etcdVersion: '3.6.14',
  ...over,
});

export interface Sample {
  readonly at: string | number;
  readonly state?: 'intact' | 'restorable' | 'notRestorable';
  readonly manifest?: Partial<Manifest>;
}

/** A shelf as it is read from a bucket with these snapshots. */
export function shelfWith(samples: readonly Sample[]): Shelf {
  const texts = new Map<string, string>();
  const objects: StoredObject[] = [];
  const put = (key: string, sizeBytes: number, modifiedAtMs: number, text?: string): void => {
    objects.push({ key, sizeBytes, modifiedAtMs });
    if (text !== undefined) texts.set(key, text);
  };
  for (const { at, state = 'restorable', manifest: over = {} } of samples) {
    const atMs = new Date(at).getTime();
    const manifest = sampleManifest({ takenAt: new Date(atMs).toISOString(), ...over });
    const key = snapshotKey(PATH, atMs, manifest.atRevision);
    put(key, manifest.sizeBytes, atMs);
    put(manifestKey(key), 300, atMs, encodeManifest(manifest));
    if (state === 'intact') continue;
    const found =
      state === 'restorable' ? {} : { restorable: false, reason: 'the hash differs', revision: null };
    put(verifiedKey(key), 200, atMs, encodeVerified(sampleVerified({ key, ...found })));
  }
  for (const key of textKeysOf(PATH, objects))
    if (!texts.has(key)) throw new Error(`nobody gave a text for ${key}`);
  return shelfOf(PATH, CLUSTER, objects, texts);
}
