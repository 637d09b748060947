import { describe, expect, test } from 'vitest';
import {
  type BackupRecord,
  decodeBackup,
  encodeBackup,
  NO_BACKUP,
  recordOf,
  snapshotAtMs,
} from '../../../functions/core/backup/parameter.ts';
import { sampleManifest, shelfWith } from './samples.ts';

const OURS = [sampleManifest().clusterId];
const TAKEN = { key: 'k', at: '2026-11-21T10:00:00.000Z', revision: '12', sizeBytes: 20_512 };
const FULL: BackupRecord = {
  last: TAKEN,
  restorable: { ...TAKEN, sha256: 'ab', clusterId: '1' },
  lastFailure: { at: TAKEN.at, code: 'ETCD_UNAVAILABLE', text: 'etcd broke off' },
  unverifiable: true,
};

describe('the parameter backup', () => {
  test.each([NO_BACKUP, FULL])('is read as it was written', (record) => {
    expect(decodeBackup(encodeBackup(record))).toEqual(record);
  });

  test.each([
    '',
    '{}',
    encodeBackup(FULL).slice(0, -9),
    ...[
      { version: 2 },
      { last: {} },
      { last: 5 },
      { last: undefined },
      { restorable: TAKEN },
      { restorable: { ...FULL.restorable, revision: 12 } },
      { lastFailure: { at: TAKEN.at } },
      { lastFailure: 'no' },
      { unverifiable: null },
    ].map((over) => JSON.stringify({ version: 1, ...FULL, ...over })),
  ])('is unknown when it stands there as %s', (text) => {
    expect(decodeBackup(text)).toBeNull();
  });

  test('stays far below 4 KB, however long the last failure was', () => {
    const lastFailure = { at: TAKEN.at, code: 'X', text: '語'.repeat(9_000) };
    expect(Buffer.byteLength(encodeBackup({ ...FULL, lastFailure }))).toBeLessThan(2_000);
  });
});

describe('what the bucket tells', () => {
  const LATER_MS = Date.parse('2026-11-21T12:00:00Z');
  const before = { ...NO_BACKUP, lastFailure: FULL.lastFailure, unverifiable: true, last: TAKEN };

  test('is the newest of all and the newest restorable one, with the revision that came out of it', () => {
    const shelf = shelfWith([
      { at: '2026-11-21T11:00:00Z', state: 'intact', manifest: { atRevision: '300' } },
      { at: '2026-11-21T10:00:00Z', manifest: { atRevision: '200' } },
      { at: '2026-11-21T09:00:00Z', manifest: { atRevision: '100' } },
    ]);
    expect(recordOf(shelf, OURS, before, LATER_MS)).toEqual({
      last: {
        key: 'etcd-autopilot/core/snapshots/2026-11-21T11-00-00Z-300.db',
        at: '2026-11-21T11:00:00.000Z',
        revision: '300',
        sizeBytes: 20_512,
      },
      restorable: {
        key: 'etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-200.db',
        at: '2026-11-21T10:00:00.000Z',
        revision: '123',
        sizeBytes: 20_512,
        sha256: 'ab'.repeat(32),
        clusterId: '14841639068965178418',
      },
      lastFailure: FULL.lastFailure,
      unverifiable: true,
    });
  });

  test('is the newest that was taken by now, and one of the future only where there is no other', () => {
    const future = { at: '2026-11-21T13:00:00Z', manifest: { atRevision: '300' } };
    const past = { at: '2026-11-21T11:00:00Z', manifest: { atRevision: '200' } };
    const both = recordOf(shelfWith([future, past]), OURS, before, LATER_MS);
    expect([both.last?.revision, both.restorable?.at]).toEqual(['200', '2026-11-21T11:00:00.000Z']);
    const alone = recordOf(shelfWith([future]), OURS, before, LATER_MS);
    expect([alone.last?.revision, alone.restorable?.at]).toEqual(['300', '2026-11-21T13:00:00.000Z']);
  });

  test('is nothing of another cluster that had the same name (S45)', () => {
    const other = { at: '2026-11-21T11:30:00Z', manifest: { clusterId: '77' } };
    const own = { at: '2026-11-21T11:00:00Z' };
    expect(recordOf(shelfWith([other]), OURS, before, LATER_MS)).toMatchObject({
      last: null,
      restorable: null,
    });
    const { last, restorable } = recordOf(shelfWith([other, own]), OURS, before, LATER_MS);
    expect([last?.at, restorable?.at]).toEqual(Array.from({ length: 2 }, () => '2026-11-21T11:00:00.000Z'));
  });

  test('is nothing where nothing is left', () => {
    expect(recordOf(shelfWith([]), OURS, before, LATER_MS)).toMatchObject({ last: null, restorable: null });
  });
});

describe('the snapshot that a gate may count on', () => {
  const atMs = Date.parse(TAKEN.at);

  test('is the newest restorable one', () => {
    const last = { ...TAKEN, at: '2026-11-21T11:00:00.000Z' };
    expect(snapshotAtMs({ ...FULL, last, unverifiable: false })).toBe(atMs);
  });

  test('is the newest intact one where nothing can be verified, and only there', () => {
    expect(snapshotAtMs({ ...FULL, restorable: null })).toBe(atMs);
    expect(snapshotAtMs({ ...FULL, restorable: null, unverifiable: false })).toBeNull();
    expect(snapshotAtMs(NO_BACKUP)).toBeNull();
  });
});
