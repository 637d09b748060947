import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScratchPort } from '../../../functions/adapters/etcd-tools/scratch.ts';
import type { Manifest } from '../../../functions/core/backup/manifest.ts';
import { judgeArrived, judgeFound } from '../../../functions/core/verification/judge.ts';
import { etcdBinDir } from '../../support/etcd-process.ts';
import { LoneEtcd } from './lone-etcd.ts';

/** The folders of a run of its own, so that what is left behind shows. */
const base = await mkdtemp(join(tmpdir(), 'etcd-autopilot-scratch-'));
const former = process.env['TMPDIR'];
const lone = await LoneEtcd.start(3);
let snapshot: Buffer;
let manifest: Manifest;
let revision: string;

beforeAll(async () => {
  process.env['TMPDIR'] = base;
  await lone.fill();
  ({ snapshot, manifest, revision } = await lone.taken());
}, 60_000);

afterAll(async () => {
  if (former === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = former;
  await lone.stop();
  await rm(base, { recursive: true });
});

const scratchOf = async (dir?: string) => {
  const scratch = await createScratchPort(dir ?? (await etcdBinDir()), Date.now).open();
  if (scratch === null) throw new Error('there are no etcd tools');
  return scratch;
};
const untilMs = () => Date.now() + 30_000;

async function* inPieces(bytes: Buffer, size = 4_096): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('a snapshot of a real etcd', () => {
  test('comes out of a scratch etcd with the hash and the keys that its member had, and nothing is left', async () => {
    const scratch = await scratchOf();
    const arrived = await scratch.keep(inPieces(snapshot), untilMs());
    expect(judgeArrived(manifest, arrived)).toBeNull();
    expect(await scratch.restore(untilMs())).toBeNull();
    const found = await scratch.look(manifest.atRevision, untilMs());
    expect(found).toEqual({
      revision,
      hash: manifest.hash,
      compactRevision: manifest.compactRevision,
      keyCount: manifest.keyCount,
    });
    if (typeof found !== 'string') expect(judgeFound(manifest, found)).toBeNull();
    await scratch.close();
    expect(readdirSync(base)).toEqual([]);
  }, 60_000);

  test('is told from one that another tool broke, by the tool that restores it', async () => {
    const scratch = await scratchOf();
    // Whole pages with a right head, and rubbish behind them: only whoever opens it sees that.
    await scratch.keep(inPieces(Buffer.from(snapshot).fill(0x5a, 8_192)), untilMs());
    expect(await scratch.restore(untilMs())).toMatch(/^it cannot be restored: /);
    await scratch.close();
  }, 60_000);

  test('that takes too long is given up, without a verdict', async () => {
    const scratch = await scratchOf();
    await expect(scratch.keep(inPieces(snapshot), Date.now() - 1)).rejects.toThrow('took too long');
    await expect(scratch.restore(Date.now() - 1)).rejects.toThrow('took too long');
    await scratch.close();
    expect(readdirSync(base)).toEqual([]);
  });
});

test('of a cluster with users, etcd answers nobody: its files are read, and nothing is invented', async () => {
  await lone.switchUsersOn();
  const closed = await lone.snapshot();
  const scratch = await scratchOf();
  await scratch.keep(inPieces(closed), untilMs());
  expect(await scratch.restore(untilMs())).toBeNull();
  const found = await scratch.look(manifest.atRevision, untilMs());
  expect(found).toMatchObject({ keyCount: null });
  if (typeof found === 'string') throw new Error(found);
  expect(BigInt(found.revision)).toBeGreaterThanOrEqual(BigInt(manifest.atRevision));
  expect([null, manifest.hash]).toContain(found.hash);
  await scratch.close();
}, 60_000);

describe('the tools', () => {
  test('are none where there is no etcd, or nothing that restores', async () => {
    const dir = join(base, 'tools');
    await mkdir(dir);
    expect(await createScratchPort(join(dir, 'missing'), Date.now).open()).toBeNull();
    await writeFile(join(dir, 'etcd'), '', { mode: 0o755 });
    expect(await createScratchPort(dir, Date.now).open()).toBeNull();
    await writeFile(join(dir, 'etcdutl'), '', { mode: 0o755 });
    await expect(createScratchPort(dir, Date.now).open()).rejects.toThrow('etcd');
    await rm(dir, { recursive: true });
  });

  test('take away what a function left that was ended in the middle, and nothing younger', async () => {
    const [old, young] = ['old', 'young'].map((name) => join(base, `etcd-autopilot-verification-${name}`));
    for (const dir of [old, young]) await mkdir(dir ?? '');
    const longAgo = new Date(Date.now() - 7_200_000);
    await utimes(old ?? '', longAgo, longAgo);
    const scratch = await scratchOf();
    await scratch.close();
    expect(readdirSync(base)).toEqual(['etcd-autopilot-verification-young']);
    await rm(young ?? '', { recursive: true });
  });
});
