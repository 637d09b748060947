import { describe, expect, test } from 'vitest';
import { manifestKey, snapshotKey, verifiedKey } from '../../../functions/core/backup/keys.ts';
import { encodeManifest } from '../../../functions/core/backup/manifest.ts';
import { parseBackupMessage } from '../../../functions/core/backup/messages.ts';
import { decodeVerified } from '../../../functions/core/backup/verified.ts';
import { OperationError } from '../../../functions/core/errors.ts';
import type { Found, Scratch } from '../../../functions/core/verification/scratch-port.ts';
import { verify } from '../../../functions/engine/verification/verify.ts';
import { CLUSTER, PATH, sampleManifest } from '../../core/backup/samples.ts';

const MANIFEST = sampleManifest();
const KEY = snapshotKey(PATH, Date.parse(MANIFEST.takenAt), MANIFEST.atRevision);
const FOUND: Found = { revision: '123', hash: MANIFEST.hash, compactRevision: '-1', keyCount: 42 };
const NOW_MS = Date.parse('2026-11-21T10:02:00Z');
const weather = () => new OperationError('AWS_UNAVAILABLE', 'nextLook', 's3:GetObject broke off');

/** A bucket, the queue of backup and a scratch etcd, each as told. */
function bench(scratch: Partial<Scratch> = {}, hasTools = true) {
  const texts = new Map([[manifestKey(KEY), encodeManifest(MANIFEST)]]);
  const keys = new Set([KEY]);
  const sent: string[] = [];
  const log: string[] = [];
  const arrived = { sizeBytes: MANIFEST.sizeBytes, sha256: MANIFEST.sha256, problem: null };
  const open: Scratch = {
    etcdVersion: '3.6.14',
    keep: async () => arrived,
    restore: async () => null,
    look: async () => FOUND,
    ...scratch,
    close: async () => void log.push('closed'),
  };
  const place = { bucket: 'snapshots', key: KEY };
  const ports = {
    clock: { nowMs: () => NOW_MS, sleep: async () => undefined },
    scratch: { open: async () => (hasTools ? open : null) },
    backup: { askForLook: async (cluster: string, body: string) => void sent.push(`${cluster} ${body}`) },
    openBucket: (name: string) => {
      log.push(`opened ${name}`);
      return {
        readText: async (key: string) => texts.get(key) ?? null,
        list: async () => [...keys].map((key) => ({ key, sizeBytes: 1, modifiedAtMs: 0 })),
        writeText: async (key: string, text: string) => void texts.set(key, text),
        download: async () => chunks(),
      };
    },
  };
  const turn = { ports, cluster: CLUSTER, place, nonce: 'request-1', untilMs: NOW_MS + 60_000 };
  return { turn, texts, keys, sent, log, verdict: () => decodeVerified(texts.get(verifiedKey(KEY)) ?? '') };
}

async function* chunks(): AsyncIterable<Uint8Array> {
  yield Buffer.from('x');
}

const messageIn = (sent: readonly string[]) =>
  sent.map((text) => parseBackupMessage(text.slice(CLUSTER.length + 1)));

test('a snapshot that comes out as the member held it is restorable, and backup is told to look', async () => {
  const { turn, sent, log, verdict } = bench();
  expect(await verify(turn)).toMatchObject({ kind: 'verified' });
  expect(verdict()).toEqual({
    key: KEY,
    at: '2026-11-21T10:02:00.000Z',
    restorable: true,
    reason: null,
    revision: '123',
    keyCount: 42,
    etcdVersion: '3.6.14',
  });
  expect(messageIn(sent)).toEqual([{ ok: true, message: { kind: 'refresh', unverifiable: false } }]);
  expect(log).toEqual(['opened snapshots', 'closed']);
});

describe('a snapshot is not restorable', () => {
  test.each<[string, Partial<Scratch>, string]>([
    [
      'that arrives damaged',
      { keep: async () => ({ sizeBytes: 1, sha256: '', problem: null }) },
      'it has 1 bytes',
    ],
    [
      'that no tool restores',
      { restore: async () => 'it cannot be restored: no' },
      'it cannot be restored: no',
    ],
    [
      'with which etcd does not run',
      { look: async () => 'its etcd does not run: panic' },
      'does not run: panic',
    ],
    ['that holds something else', { look: async () => ({ ...FOUND, hash: '1' }) }, 'its data has the hash 1'],
  ])('%s', async (_what, scratch, reason) => {
    const { turn, sent, log, verdict } = bench(scratch);
    expect(await verify(turn)).toMatchObject({ kind: 'verified', verified: { restorable: false } });
    expect(verdict()?.reason).toContain(reason);
    expect(sent).toHaveLength(1);
    expect(log).toContain('closed');
  });
});

describe('nothing is said of a snapshot', () => {
  test('where there are no etcd tools: backup learns that none ever will be', async () => {
    const { turn, sent, verdict } = bench({}, false);
    expect(await verify(turn)).toEqual({ kind: 'unverifiable' });
    expect(messageIn(sent)).toEqual([{ ok: true, message: { kind: 'refresh', unverifiable: true } }]);
    expect(verdict()).toBeNull();
  });

  test.each<[string, (bench_: ReturnType<typeof bench>) => void, string]>([
    ['without its manifest', ({ texts }) => texts.clear(), 'noSnapshot'],
    ['that is gone', ({ keys }) => keys.clear(), 'noSnapshot'],
    [
      'of another cluster',
      ({ texts }) => texts.set(manifestKey(KEY), encodeManifest({ ...MANIFEST, cluster: 'other' })),
      'otherCluster',
    ],
  ])('%s', async (_what, change, because) => {
    const world = bench();
    change(world);
    expect(await verify(world.turn)).toEqual({ kind: 'skipped', because });
    expect([world.sent, world.verdict()]).toEqual([[], null]);
  });

  test('when it took too long: late is no verdict, and the place is cleared', async () => {
    const late = new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'etcdutl took too long, and was ended');
    const { turn, sent, log, verdict } = bench({ restore: () => Promise.reject(late) });
    expect(await verify(turn)).toEqual({ kind: 'failed', error: late });
    expect([sent, verdict()]).toEqual([[], null]);
    expect(log).toContain('closed');
  });
});

test('a download that breaks off is tried again, three times in all, and is no verdict', async () => {
  let tries = 0;
  const arrived = { sizeBytes: MANIFEST.sizeBytes, sha256: MANIFEST.sha256, problem: null };
  const breaks = (times: number) => ({
    keep: async () => {
      tries += 1;
      if (tries <= times) throw weather();
      return arrived;
    },
  });
  const lucky = bench(breaks(2));
  expect(await verify(lucky.turn)).toMatchObject({ kind: 'verified', verified: { restorable: true } });
  tries = 0;
  const unlucky = bench(breaks(9));
  expect(await verify(unlucky.turn)).toMatchObject({ kind: 'failed' });
  expect(tries).toBe(3);
  expect(unlucky.verdict()).toBeNull();
});
