import { describe, expect, test } from 'vitest';
import {
  fileAt,
  manifestKey,
  sightKey,
  snapshotKey,
  verifiedKey,
} from '../../../functions/core/backup/keys.ts';
import { newestOf, shelfOf, textKeysOf } from '../../../functions/core/backup/listing.ts';
import { encodeManifest } from '../../../functions/core/backup/manifest.ts';
import { encodeVerified } from '../../../functions/core/backup/verified.ts';
import { CLUSTER, PATH, sampleManifest, sampleVerified, shelfWith } from './samples.ts';

const KEY = snapshotKey(PATH, Date.parse('2026-11-21T10:00:00.250Z'), '120');
const object = (key: string, sizeBytes = 20_512) => ({ key, sizeBytes, modifiedAtMs: 5 });

describe('names', () => {
  test('hold the second, without colons, and the revision', () => {
    expect(KEY).toBe('etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-120.db');
    expect(manifestKey(KEY)).toBe('etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-120.json');
    expect(verifiedKey(KEY)).toBe('etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-120.verified.json');
    expect(sightKey('etcd-autopilot/', 'core')).toBe('etcd-autopilot/core/sight.json');
  });

  test('tell which snapshot a file belongs to', () => {
    expect(fileAt(PATH, KEY)).toEqual({ snapshot: KEY, kind: 'snapshot' });
    expect(fileAt(PATH, manifestKey(KEY))).toEqual({ snapshot: KEY, kind: 'manifest' });
    expect(fileAt(PATH, verifiedKey(KEY))).toEqual({ snapshot: KEY, kind: 'verified' });
  });

  test.each([
    'notes.txt',
    '2026-11-21.db',
    '2026-11-21T10-00-00Z-120.db.tmp',
    'old/2026-11-21T10-00-00Z-120.db',
    '',
  ])('of other files (%s) are nobody of ours', (name) => {
    expect(fileAt(PATH, PATH + name)).toBeNull();
    expect(fileAt(PATH, `elsewhere/${name}`)).toBeNull();
  });
});

describe('a listing', () => {
  test('tells the snapshots newest first, each with its state', () => {
    const { snapshots, strange, leftovers } = shelfWith([
      { at: '2026-11-21T08:00:00Z' },
      { at: '2026-11-21T10:00:00Z', state: 'intact' },
      { at: '2026-11-21T09:00:00Z', state: 'notRestorable' },
    ]);
    expect(snapshots.map(({ state, reason }) => [state, reason])).toEqual([
      ['intact', null],
      ['notRestorable', 'the hash differs'],
      ['restorable', null],
    ]);
    expect([strange, leftovers]).toEqual([[], []]);
    expect(newestOf(snapshots, 'restorable')?.takenAtMs).toBe(Date.parse('2026-11-21T08:00:00Z'));
    expect(newestOf([], 'restorable')).toBeNull();
  });

  test('knows no snapshot without its manifest, nor a manifest without its snapshot', () => {
    const other = snapshotKey(PATH, 0, '7');
    const objects = [object(KEY), object(manifestKey(other)), object(verifiedKey(other))];
    expect(textKeysOf(PATH, objects)).toEqual([]);
    const { snapshots, leftovers } = shelfOf(PATH, CLUSTER, objects, new Map());
    expect(snapshots).toEqual([]);
    expect(leftovers.map(({ key }) => key).sort()).toEqual(objects.map(({ key }) => key).sort());
  });

  test('takes a manifest that was deleted since for none', () => {
    const objects = [object(KEY), object(manifestKey(KEY))];
    const { snapshots, leftovers } = shelfOf(PATH, CLUSTER, objects, new Map([[manifestKey(KEY), null]]));
    expect(snapshots).toEqual([]);
    expect(leftovers).toHaveLength(2);
  });

  test.each([
    ['of another cluster', encodeManifest(sampleManifest({ cluster: 'other' })), /of the cluster other/],
    ['of a later version', encodeManifest(sampleManifest()).replace('1', '2'), /cannot be read/],
    ['of nothing', '', /cannot be read/],
  ])('neither offers nor counts as a leftover what has a manifest %s', (_, text, reason) => {
    const objects = [object(KEY), object(manifestKey(KEY))];
    const shelf = shelfOf(PATH, CLUSTER, objects, new Map([[manifestKey(KEY), text]]));
    expect(shelf).toMatchObject({ snapshots: [], leftovers: [] });
    expect(shelf.strange).toEqual([{ key: KEY, reason: expect.stringMatching(reason) }]);
  });

  test('calls a snapshot whose size is not what was written not restorable, whatever was found of it before', () => {
    const objects = [object(KEY, 20_000), object(manifestKey(KEY)), object(verifiedKey(KEY))];
    const texts = new Map([
      [manifestKey(KEY), encodeManifest(sampleManifest())],
      [verifiedKey(KEY), encodeVerified(sampleVerified({ key: KEY }))],
    ]);
    const [snapshot] = shelfOf(PATH, CLUSTER, objects, texts).snapshots;
    expect(snapshot).toMatchObject({
      state: 'notRestorable',
      reason: expect.stringContaining('20000 bytes'),
    });
  });

  test('believes of a snapshot only what was found of that very one', () => {
    const objects = [object(KEY), object(manifestKey(KEY)), object(verifiedKey(KEY))];
    const texts = new Map([
      [manifestKey(KEY), encodeManifest(sampleManifest())],
      [verifiedKey(KEY), encodeVerified(sampleVerified({ key: snapshotKey(PATH, 0, '7') }))],
    ]);
    expect(shelfOf(PATH, CLUSTER, objects, texts).snapshots[0]?.state).toBe('intact');
  });

  test('gives no reason where verification gave none', () => {
    const objects = [object(KEY), object(manifestKey(KEY)), object(verifiedKey(KEY))];
    const found = sampleVerified({ key: KEY, restorable: false, revision: null });
    const texts = new Map([
      [manifestKey(KEY), encodeManifest(sampleManifest())],
      [verifiedKey(KEY), encodeVerified(found)],
    ]);
    expect(shelfOf(PATH, CLUSTER, objects, texts).snapshots[0]).toMatchObject({
      state: 'notRestorable',
      reason: 'no reason is given',
    });
  });
});
