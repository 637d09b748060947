import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EtcdProcess, etcdBinDir, foundCluster, loopback } from '../../support/etcd-process.ts';

/** A real cluster of one voter. */
export interface LonelyEtcd {
  readonly etcd: EtcdProcess;
  end(): Promise<void>;
}

export async function openLonelyEtcd(): Promise<LonelyEtcd> {
  const binDir = await etcdBinDir();
  const dir = await mkdtemp(join(tmpdir(), 'etcd-lonely-'));
  const [etcd] = await foundCluster({
    addresses: [loopback(0)],
    prefix: 'lonely',
    token: 'lonely',
    dir,
    binDir,
  });
  if (etcd === undefined) throw new Error('no founder');
  return {
    etcd,
    end: async () => {
      await etcd.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
