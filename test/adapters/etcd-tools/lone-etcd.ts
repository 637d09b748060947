import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../../functions/core/backup/manifest.ts';
import { connectEtcd } from '../../../functions/edge/connect-etcd.ts';
import { sampleManifest } from '../../core/backup/samples.ts';
import { etcdBinDir, foundersOf, loopback } from '../../support/etcd-process.ts';
import { runEtcdctl } from '../../support/etcdctl.ts';

const USER = { user: 'root', password: 'secret' } as const;
const KEYS = 8;

/** One real etcd that was written to and compacted, and what a backup takes of it. */
export class LoneEtcd {
  readonly #etcd: ReturnType<typeof foundersOf>[number];
  readonly #dir: string;
  readonly #binDir: string;
  #isOpen = true;

  private constructor(etcd: ReturnType<typeof foundersOf>[number], dir: string, binDir: string) {
    this.#etcd = etcd;
    this.#dir = dir;
    this.#binDir = binDir;
  }

  static async start(index: number): Promise<LoneEtcd> {
    const dir = await mkdtemp(join(tmpdir(), 'etcd-autopilot-lone-'));
    const binDir = await etcdBinDir();
    const [etcd] = foundersOf({ addresses: [loopback(index)], prefix: 'lone', token: 'lone-1', dir, binDir });
    if (etcd === undefined) throw new Error('no founder');
    await etcd.start();
    await etcd.ready();
    return new LoneEtcd(etcd, dir, binDir);
  }

  async ctl(...args: readonly string[]): Promise<string> {
    const way = { binDir: this.#binDir, endpoints: [this.#etcd.clientUrl], tls: null };
    return runEtcdctl({ ...way, user: this.#isOpen ? null : USER }, args);
  }

  /** Keys that were written, written again and deleted, before and after a compaction. */
  async fill(): Promise<void> {
    for (let n = 0; n < KEYS; n += 1) await this.ctl('put', `key-${n % 4}`, `value-${n}`);
    await this.ctl('del', 'key-3');
    await this.ctl('compact', '6');
    await this.ctl('put', 'key-1', 'after the compaction');
  }

  /** What a backup writes down of a snapshot, asked before a later write. */
  async taken(): Promise<{
    readonly snapshot: Buffer;
    readonly manifest: Manifest;
    readonly revision: string;
  }> {
    const { clientUrl } = this.#etcd;
    const etcd = connectEtcd({ addressOf: () => null, tls: null, auth: null });
    try {
      const [seen] = await etcd.probe([clientUrl]);
      if (seen?.kind !== 'status') throw new Error('no status');
      const atRevision = seen.status.revision;
      const { hash, compactRevision } = await etcd.hashKv(clientUrl, atRevision);
      const keyCount = await etcd.countKeys(clientUrl, atRevision);
      await this.ctl('put', 'later', 'than the hash');
      const snapshot = await this.snapshot();
      const sha256 = createHash('sha256').update(snapshot).digest('hex');
      const manifest = sampleManifest({
        atRevision,
        hash,
        compactRevision,
        keyCount,
        sizeBytes: snapshot.length,
        sha256,
      });
      return { snapshot, manifest, revision: String(BigInt(atRevision) + 1n) };
    } finally {
      etcd.close();
    }
  }

  async snapshot(): Promise<Buffer> {
    const auth = this.#isOpen ? null : USER;
    const etcd = connectEtcd({ addressOf: () => null, tls: null, auth });
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of etcd.snapshot(this.#etcd.clientUrl, Date.now() + 30_000))
        chunks.push(Buffer.from(chunk));
    } finally {
      etcd.close();
    }
    return Buffer.concat(chunks);
  }

  async switchUsersOn(): Promise<void> {
    await this.ctl('user', 'add', `${USER.user}:${USER.password}`);
    await this.ctl('user', 'grant-role', 'root', 'root');
    await this.ctl('auth', 'enable');
    this.#isOpen = false;
  }

  async stop(): Promise<void> {
    await this.#etcd.kill();
    await rm(this.#dir, { recursive: true });
  }
}
