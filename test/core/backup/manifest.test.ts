import { describe, expect, test } from 'vitest';
import { decodeManifest, encodeManifest } from '../../../functions/core/backup/manifest.ts';
import { decodeVerified, encodeVerified } from '../../../functions/core/backup/verified.ts';
import { sampleManifest, sampleVerified } from './samples.ts';

describe('a manifest', () => {
  test.each([
    sampleManifest(),
    sampleManifest({ hash: null, compactRevision: null, keyCount: null, origin: 'recovery' }),
  ])('is read as it was written', (manifest) => {
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
  });

  test.each([
    ['', 'nothing'],
    ['{}', 'an empty object'],
    ['[]', 'a list'],
    [encodeManifest(sampleManifest()).slice(0, -20), 'one that was cut'],
    [encodeManifest(sampleManifest()).replace('"version":1', '"version":2'), 'one of a later version'],
  ])('is not made of %s (%s)', (text) => {
    expect(decodeManifest(text)).toBeNull();
  });

  test.each([
    { sha256: 'AB'.repeat(32) },
    { sha256: '' },
    { sizeBytes: -1 },
    { sizeBytes: 1.5 },
    { sizeBytes: '20512' },
    { atRevision: 120 },
    { atRevision: '12e3' },
    { takenAt: 'yesterday' },
    { origin: 'somebody' },
    { hash: 12 },
    { hash: undefined },
    { compactRevision: 'x' },
    { keyCount: '42' },
    { cluster: null },
    { clusterId: 1 },
    { memberId: 1 },
    { instanceId: 1 },
    { etcdVersion: null },
  ])('is none with %j', (over) => {
    expect(decodeManifest(JSON.stringify({ version: 1, ...sampleManifest(), ...over }))).toBeNull();
  });
});

describe('what verification found', () => {
  test.each([
    sampleVerified(),
    sampleVerified({ restorable: false, reason: 'the hash differs', revision: null, keyCount: null }),
  ])('is read as it was written', (verified) => {
    expect(decodeVerified(encodeVerified(verified))).toEqual(verified);
  });

  test.each([
    { restorable: 'true' },
    { revision: null },
    { reason: 'and yet' },
    { at: 'x' },
    { key: null },
    { keyCount: -1 },
    { revision: 5 },
    { reason: 5 },
    { etcdVersion: 3 },
    { version: 2 },
  ])('is nothing with %j: then the snapshot is not known to be restorable', (over) => {
    expect(decodeVerified(JSON.stringify({ version: 1, ...sampleVerified(), ...over }))).toBeNull();
  });
});
