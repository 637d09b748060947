import { describe, expect, test } from 'vitest';
import { encodeClaim } from '../../../functions/core/claim.ts';
import { readRecords } from '../../../functions/core/records.ts';
import { type Captured, decodeCaptured, encodeCaptured } from '../../../functions/core/recovery/captured.ts';
import { choiceIn, forcedIn, recoverBody } from '../../../functions/core/recovery/choice.ts';
import { decodeDone, encodeDone } from '../../../functions/core/recovery/done.ts';
import { decodeNotes, encodeNotes, NO_NOTES } from '../../../functions/core/recovery/notes.ts';
import type { RecoveryPort } from '../../../functions/core/recovery/port.ts';
import {
  decodeRecovery,
  encodeRecovery,
  type RecoveryRecord,
} from '../../../functions/core/recovery/record.ts';
import {
  claimsOf,
  idsOfRecovery,
  openRecovery,
  untoldRecovery,
} from '../../../functions/core/recovery/records.ts';
import { RESTORE_BUMP } from '../../../functions/core/restore.ts';
import { parseTrigger } from '../../../functions/core/trigger.ts';
import { ACTIONS } from '../../support/samples.ts';

const AT = '2026-01-01T00:00:00.000Z';
const FOUNDER = 'i-0000000000000000b';
const { record } = ACTIONS.startRecovery;
const { done } = ACTIONS.finishRecovery;
const snapshot: RecoveryRecord = {
  ...record,
  attempt: 2,
  source: {
    how: 'from-snapshot',
    key: 'a/core/snapshots/b.db',
    at: AT,
    revision: '7',
    sha256: 'ab',
    sizeBytes: 9,
    restorable: true,
  },
  lastSeen: { revision: '9', at: AT },
  nonce: 'n',
};
const captured: Captured = {
  key: 'a.db',
  cluster: 'core',
  clusterId: '77',
  memberId: '11',
  instanceId: 'i-a',
  etcdVersion: '3.5.33',
  takenAt: AT,
  sizeBytes: 32,
  sha256: 'a'.repeat(64),
  atRevision: '30',
  hash: null,
  compactRevision: null,
  keyCount: null,
  origin: 'recovery',
};
const claim = {
  number: 2,
  token: 't',
  members: { [FOUNDER]: 'http://10.0.0.2:2380' },
  claimedAt: AT,
  clusterId: null,
  restore: { uri: 's3://bucket/a.db', sha256: 'a'.repeat(64), sizeBytes: 32, bump: RESTORE_BUMP },
  recovery: 2,
};
const open = (texts: readonly (readonly [string, string])[]) => readRecords(new Map(texts));
const R2 = ['recovery/2', encodeRecovery(record)] as const;

describe('what is written reads as it was', () => {
  test.each([record, snapshot])('a record', (one) =>
    expect(decodeRecovery(encodeRecovery(one))).toEqual(one),
  );
  test('what was captured', () => expect(decodeCaptured(encodeCaptured(captured))).toEqual(captured));
  test('how it ended', () => expect(decodeDone(encodeDone(done))).toEqual(done));
  test('since when somebody is gone', () => {
    const notes = { notFoundSinceMs: { a: 1 }, reportedSinceMs: { b: 2 } };
    expect(decodeNotes(encodeNotes(notes))).toEqual(notes);
  });
  test('a choice, by its message', () => {
    const choice = {
      source: { how: 'from-snapshot', key: 'a.db' },
      forced: [FOUNDER],
      confirm: '0123456789abcdef',
      by: 'me',
      nonce: 'n',
    } as const;
    const parsed = parseTrigger(recoverBody('core', choice));
    expect(parsed).toEqual({ ok: true, trigger: { kind: 'recover', choice } });
  });
});

const JUNK = ['', '{}', '[]', '{"version":2}', '{"version":1}', 'null'];
test.each(JUNK)('%j is no record, nothing captured, no end, and no memory', (text) => {
  expect(decodeRecovery(text)).toBeNull();
  expect(decodeCaptured(text)).toBeNull();
  expect(decodeDone(text)).toBeNull();
  expect(decodeNotes(text)).toEqual(NO_NOTES);
});

test.each([
  { number: 0 },
  { attempt: 1.5 },
  { source: { how: 'by-magic' } },
  { source: { ...record.source, revision: 'x' } },
  { source: { ...record.source, memberId: 5 } },
  { source: { ...snapshot.source, sizeBytes: '9' } },
  { source: { ...snapshot.source, at: 'never' } },
  { source: null },
  { fenced: 'all' },
  { forced: [1] },
  { lastSeen: {} },
  { by: 1 },
  { nonce: 1 },
])('a record with %j cannot be read', (over) => {
  expect(decodeRecovery(JSON.stringify({ version: 1, ...record, ...over }))).toBeNull();
});

test.each([
  [{ choice: { how: 'from-survivor', instanceId: 'here' } }],
  [{ choice: { how: 'from-snapshot', key: '' } }],
  [{ choice: 'this' }],
  [{ confirm: 'yes' }],
  [{ by: 'a b' }],
  [{ nonce: '' }],
  [{ forced: ['here'] }],
])('%j is no choice', (over) => {
  const whole = {
    choice: { how: 'from-survivor', instanceId: FOUNDER },
    confirm: '0123456789abcdef',
    by: 'me',
    nonce: 'n',
  };
  expect(choiceIn(whole)).not.toBeNull();
  expect(choiceIn({ ...whole, ...over })).toBeNull();
  expect(parseTrigger(JSON.stringify({ etcdAutopilot: 1, request: 'recover', ...whole, ...over })).ok).toBe(
    false,
  );
});

test('nobody can call more lost than a cluster has', () => {
  expect(forcedIn(undefined)).toEqual([]);
  expect(forcedIn(Array.from({ length: 9 }, () => FOUNDER))).toBeNull();
  expect(forcedIn('x')).toBeNull();
});

describe('a recovery is under way', () => {
  test('from its record on, until its end is written or its cluster was seen', () => {
    const texts = [R2, ['claims/2', encodeClaim(claim)]] as const;
    expect(openRecovery(open(texts))).toEqual(record);
    expect(openRecovery(open([...texts, ['recovery/2/done', encodeDone(done)]]))).toBeNull();
    expect(openRecovery(open([...texts, ['recovery/2/done', 'rubbish']]))).toBeNull();
    expect(openRecovery(open([...texts, ['bootstrap', encodeClaim(claim)]]))).toEqual(record);
    const alive = open([...texts, ['bootstrap', encodeClaim({ ...claim, clusterId: '5' })]]);
    expect([openRecovery(alive), untoldRecovery(alive)]).toEqual([null, record]);
    expect(untoldRecovery(open(texts))).toBeNull();
    expect([openRecovery(open([])), untoldRecovery(open([])), idsOfRecovery(open([]))]).toEqual([
      null,
      null,
      [],
    ]);
  });

  test('by the newest record of the highest number', () => {
    const second = { ...snapshot, number: 2 };
    const third = { ...record, number: 3 };
    const texts = [R2, ['recovery/2/again-2', encodeRecovery(second)]] as const;
    expect(open(texts).recovery.latest).toEqual(second);
    expect(open([...texts, ['recovery/3', encodeRecovery(third)]]).recovery.latest).toEqual(third);
  });

  test('with all its claims, the one that stands last', () => {
    const next = { ...claim, number: 3 };
    const records = open([
      R2,
      ['claims/2', encodeClaim(claim)],
      ['claims/3', encodeClaim(next)],
      ['claims/9', encodeClaim(claim)],
      ['claims/1', 'rubbish'],
      ['bootstrap', encodeClaim(claim)],
    ]);
    expect(claimsOf(records, 2).map(({ number }) => number)).toEqual([2, 3]);
    expect(idsOfRecovery(records)).toEqual([...record.fenced, FOUNDER, FOUNDER]);
  });

  test('what stands there and cannot be read is named, and never taken for absent', () => {
    const records = open([
      ['recovery/2', 'rubbish'],
      ['recovery/3', encodeRecovery(record)],
      ['recovery/2/captured', '{}'],
      ['recovery/2/done', 'rubbish'],
      ['recovery/other', 'of somebody'],
    ]);
    expect(records.unreadable).toEqual(['recovery/2', 'recovery/2/captured', 'recovery/3']);
  });
});

test('a port names the bucket of the settings', () => {
  const port: RecoveryPort = {
    bucketName: (bucket) => bucket ?? 'ours',
    askForCapture: async () => undefined,
  };
  expect([port.bucketName(null), port.bucketName('theirs')]).toEqual(['ours', 'theirs']);
});
