import { describe, expect, test } from 'vitest';
import type { IntactVerdict } from '../../../functions/core/backup/intact.ts';
import { judgeArrived, judgeFound } from '../../../functions/core/verification/judge.ts';
import type { Found } from '../../../functions/core/verification/scratch-port.ts';
import { sampleManifest } from '../backup/samples.ts';

const MANIFEST = sampleManifest({ atRevision: '120', hash: '7', compactRevision: '40', keyCount: 42 });
const ARRIVED: IntactVerdict = { sizeBytes: MANIFEST.sizeBytes, sha256: MANIFEST.sha256, problem: null };
const FOUND: Found = { revision: '123', hash: '7', compactRevision: '40', keyCount: 42 };

describe('what arrives is the snapshot that was taken', () => {
  test('when size, checksum and hash say so', () => {
    expect(judgeArrived(MANIFEST, ARRIVED)).toBeNull();
  });

  test.each([
    [{ sizeBytes: 20_511 }, 'it has 20511 bytes, and its manifest says 20512'],
    [{ problem: 'its checksum does not fit what came' }, 'its checksum does not fit what came'],
    [{ sha256: 'cd'.repeat(32) }, 'its SHA-256 is not the one in its manifest'],
  ])('and is not with %j', (change, reason) => {
    expect(judgeArrived(MANIFEST, { ...ARRIVED, ...change })).toBe(reason);
  });
});

describe('what comes out of it is what the member held', () => {
  test('when revision, hash and keys say so', () => {
    expect(judgeFound(MANIFEST, FOUND)).toBeNull();
  });

  test('and is not where it lacks writes that it must hold', () => {
    for (const revision of ['119', '20'])
      expect(judgeFound(MANIFEST, { ...FOUND, revision })).toBe(
        `it ends with revision ${revision}, and must hold every write up to 120`,
      );
  });

  test('and is not where its hash is another one', () => {
    expect(judgeFound(MANIFEST, { ...FOUND, hash: '8' })).toBe(
      'its data has the hash 8 at revision 120, and the member had 7',
    );
  });

  test('and is not where it has fewer keys, with a hash to compare or without', () => {
    for (const hash of ['7', null])
      expect(judgeFound(MANIFEST, { ...FOUND, hash, keyCount: 41 })).toBe(
        'it has 41 keys at revision 120, and the member had 42',
      );
  });

  test('a hash after another compaction says nothing, and the keys are counted all the same', () => {
    const compacted = { ...FOUND, hash: '9', compactRevision: '60' };
    expect(judgeFound(MANIFEST, compacted)).toBeNull();
    expect(judgeFound(MANIFEST, { ...compacted, keyCount: 41 })).toContain('41 keys');
  });

  test('where the member was not asked, or etcd does not tell, the revision alone is compared', () => {
    const survivor = sampleManifest({ hash: null, compactRevision: null, keyCount: null });
    expect(judgeFound(survivor, FOUND)).toBeNull();
    expect(judgeFound(MANIFEST, { ...FOUND, hash: null, compactRevision: null, keyCount: null })).toBeNull();
  });
});
