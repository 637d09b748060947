import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import type { Manifest } from '../../../functions/core/backup/manifest.ts';
import type { ObjectPort } from '../../../functions/core/backup/object-port.ts';
import { EtcdProcess, loopback } from '../../support/etcd-process.ts';

const run = promisify(execFile);

/** What a snapshot restored to, beside what its manifest promised. */
export interface Restored {
  readonly sha256: string;
  readonly hash: string;
  readonly keyCount: number;
  /** The last one in it. */
  readonly revision: string;
  readonly tookMs: number;
  /** Whether a key is there, of the restored etcd itself. */
  has(key: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Downloads a snapshot, restores it with etcd's own tool, and starts an etcd of its own on it. */
export async function restore(
  objects: ObjectPort,
  key: string,
  manifest: Manifest,
  dir: string,
  binDir: string,
): Promise<Restored> {
  const startedMs = performance.now();
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'snapshot.db');
  const sha256 = await download(objects, key, file);
  const address = loopback(9);
  const name = 'scratch';
  const scratch = new EtcdProcess({
    name,
    address,
    dir: join(dir, 'etcd'),
    binDir,
    initialCluster: `${name}=http://${address}:2380`,
    initialState: 'new',
    token: 'scratch',
  });
  await rm(join(dir, 'etcd'), { recursive: true, force: true });
  const about = ['--name', name, '--initial-cluster', `${name}=${scratch.peerUrl}`];
  const cluster = ['--initial-cluster-token', 'scratch', '--initial-advertise-peer-urls', scratch.peerUrl];
  await run(
    restorer(binDir),
    ['snapshot', 'restore', file, '--data-dir', dataDirOf(scratch), ...about, ...cluster],
    { env: { PATH: process.env['PATH'] ?? '', ETCDCTL_API: '3' } },
  );
  await scratch.start();
  await scratch.ready();
  const port = openEtcd({ deadlineMs: 5_000 });
  const [probe] = await port.probe([scratch.clientUrl]);
  if (probe?.kind !== 'status') throw new Error(`the restored etcd does not answer: ${scratch.log}`);
  const { hash } = await port.hashKv(scratch.clientUrl, manifest.atRevision);
  return {
    sha256,
    hash,
    keyCount: await port.countKeys(scratch.clientUrl, manifest.atRevision),
    revision: probe.status.revision,
    tookMs: performance.now() - startedMs,
    has: async (one) => (await port.read(scratch.clientUrl, one)) !== null,
    stop: async () => {
      port.close();
      await scratch.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Before 3.5 the client restores, later a tool of its own. */
function restorer(binDir: string): string {
  const own = join(binDir, 'etcdutl');
  return existsSync(own) ? own : join(binDir, 'etcdctl');
}

/** As the flags of the process say it. */
const dataDirOf = ({ settings }: EtcdProcess): string => join(settings.dir, 'data');

async function download(objects: ObjectPort, key: string, file: string): Promise<string> {
  const hash = createHash('sha256');
  const out = createWriteStream(file);
  for await (const chunk of (await objects.download(key)) ?? []) {
    hash.update(chunk);
    if (!out.write(chunk)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  return hash.digest('hex');
}
