import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeManifest } from '../../../../functions/core/backup/manifest.ts';
import { judgeSource } from '../../../../infra/cli/backup/source.ts';
import { sampleManifest } from '../../../core/backup/samples.ts';
import { autopilotStack, coreStack, openFakeCloud, stackOf } from '../fake-cloud.ts';
import { isOneLine, run } from '../run.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What etcd sends: pages whose head says what they are, and their checksum. */
function snapshotOf(text: string): Buffer {
  const pages = Buffer.alloc(1_024, text);
  Buffer.from([0xed, 0xda, 0x0c, 0xed]).copy(pages, 16);
  return Buffer.concat([pages, createHash('sha256').update(pages).digest()]);
}

const SNAPSHOT = snapshotOf('data');
const dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-restore-'));
const file = join(dir, 'snapshot.db');
writeFileSync(file, SNAPSHOT);
afterAll(() => rmSync(dir, { recursive: true }));

const outputs = new Map([...autopilotStack.outputs, ['SnapshotBucket', 'snapshots-1']]);
const ready = { stacks: [stackOf('etcd-autopilot', { outputs })] };
const KEY = 'etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-120.db';
const at = (name: string) => `s3://${name}`;

async function restore(args: readonly string[], objects = new Map<string, Buffer>(), stacks = ready) {
  const cloud = openFakeCloud({ ...stacks, objects });
  const ended = await run(['restore', ...args], { cloud });
  const given = Object.fromEntries(cloud.requests[0]?.given ?? []);
  return { ...ended, given, done: cloud.done, objects };
}

describe('restore', () => {
  test('uploads a file below the new cluster’s part of the bucket, and launches from it', async () => {
    const { code, err, given, done, objects, out } = await restore([
      '--cluster',
      'blue',
      '--from',
      file,
      '--yes',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const place = `snapshots-1/etcd-autopilot/blue/restore/${sha256(SNAPSHOT)}.db`;
    expect(given).toMatchObject({
      Cluster: 'blue',
      RestoreFrom: at(place),
      RestoreSha256: sha256(SNAPSHOT),
      RestoreSizeBytes: String(SNAPSHOT.length),
    });
    expect(done).toEqual([`upload ${place}`, 'plan etcd-autopilot-blue', 'execute']);
    expect(objects.get(place)).toEqual(SNAPSHOT);
    expect(out).toContain(`it is a whole snapshot of ${SNAPSHOT.length} bytes`);
  });

  test('uploads nothing that lies there already, and nothing with --dry-run', async () => {
    const args = ['--cluster', 'blue', '--from', file];
    const { objects } = await restore([...args, '--yes']);
    expect((await restore([...args, '--yes'], objects)).done[0]).toBe('plan etcd-autopilot-blue');
    const dry = await restore([...args, '--dry-run']);
    expect(dry.code).toBe(0);
    expect(dry.done.filter((what) => what.startsWith('upload'))).toEqual([]);
    expect(dry.given['RestoreFrom']).toContain('blue/restore/');
  });

  test('takes a snapshot of ours by its manifest, from where it lies', async () => {
    const manifest = sampleManifest({ sizeBytes: SNAPSHOT.length, sha256: 'cd'.repeat(32) });
    const objects = new Map([
      [`other/${KEY}`, SNAPSHOT],
      [`other/${KEY.replace('.db', '.json')}`, Buffer.from(encodeManifest(manifest))],
    ]);
    const { code, given, done } = await restore(
      ['--cluster', 'blue', '--from', at(`other/${KEY}`), '--yes'],
      objects,
    );
    expect(code).toBe(0);
    expect(given).toMatchObject({ RestoreFrom: at(`other/${KEY}`), RestoreSha256: 'cd'.repeat(32) });
    expect(done).toEqual(['plan etcd-autopilot-blue', 'execute']);
  });

  test('reads any other object whole', async () => {
    const { given, done } = await restore(
      ['--cluster', 'blue', '--from', 's3://other/any.db', '--yes'],
      new Map([['other/any.db', SNAPSHOT]]),
    );
    expect(given['RestoreSha256']).toBe(sha256(SNAPSHOT));
    expect(done[0]).toBe('download other/any.db');
  });
});

describe('a snapshot or a cluster that will not do is refused', () => {
  const manifest = encodeManifest(sampleManifest({ sizeBytes: 5 }));
  const damaged = Buffer.from(SNAPSHOT).fill(1, 600, 700);

  test.each<[string, string, Map<string, Buffer>, string]>([
    ['a file that is not there', join(dir, 'none'), new Map(), 'there is no file'],
    ['a folder', dir, new Map(), 'there is no file'],
    ['an object that is not there', 's3://other/none.db', new Map(), 'there is no object s3://other/none.db'],
    ['an address that is none', 's3://Other', new Map(), 'is not like s3://bucket/key'],
    ['an empty one', 's3://o-1/a', new Map([['o-1/a', Buffer.alloc(0)]]), 'it is empty'],
    ['a truncated one', 's3://o-1/a', new Map([['o-1/a', SNAPSHOT.subarray(0, 900)]]), 'not whole pages'],
    ['what is none', 's3://o-1/a', new Map([['o-1/a', Buffer.alloc(544)]]), 'it is no database of etcd'],
    ['a damaged one', 's3://o-1/a', new Map([['o-1/a', damaged]]), 'its checksum does not fit what came'],
    [
      'one that is shorter than its manifest says',
      `s3://o-1/${KEY}`,
      new Map([
        [`o-1/${KEY}`, SNAPSHOT],
        [`o-1/${KEY.replace('.db', '.json')}`, Buffer.from(manifest)],
      ]),
      'its manifest says 5',
    ],
  ])('%s', async (_what, from, objects, reason) => {
    const cloud = openFakeCloud({ ...ready, objects });
    await expect(judgeSource(from, cloud.openBucket)).rejects.toThrow(reason);
  });

  test('by the command, with nothing done', async () => {
    const { code, err, done } = await restore(['--cluster', 'blue', '--from', join(dir, 'none'), '--yes']);
    expect({ code, done }).toEqual({ code: 2, done: [] });
    expect(err).toContain('there is no file');
    expect(isOneLine(err)).toBe(true);
  });

  test('a cluster that exists: its data is not replaced', async () => {
    const stacks = { stacks: [...ready.stacks, coreStack('core')] };
    const { code, err, done } = await restore(
      ['--cluster', 'core', '--from', file, '--yes'],
      new Map(),
      stacks,
    );
    expect({ code, done }).toEqual({ code: 2, done: [] });
    expect(err).toContain('etcd-autopilot-core exists already');
  });

  test('an autopilot without a bucket', async () => {
    const stacks = { stacks: [autopilotStack] };
    const { code, err } = await restore(['--cluster', 'blue', '--from', file, '--yes'], new Map(), stacks);
    expect(code).toBe(2);
    expect(err).toContain('has no output SnapshotBucket');
  });
});
