import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { chosenEtcd } from '../etcd/chosen.ts';
import { obtainEtcd } from '../etcd/obtain-etcd.ts';
import { isVersion } from '../etcd/version.ts';
import { findBinaries } from '../matrix/binaries.ts';

export interface BenchEtcd {
  readonly dir: string;
  readonly version: string;
}

/**
 * The etcd to measure with; it was seen to serve.
 *
 * @throws {Error} it cannot be had or does not run, in words.
 */
export async function benchEtcd(wanted: string | null, say: (line: string) => void): Promise<BenchEtcd> {
  const dir = wanted === null ? (await chosenEtcd({ say })).dir : await folderOf(wanted, say);
  const [binary] = await findBinaries({ versions: null, folders: [dir] }, say);
  if (binary === undefined) throw new Error(`there is no etcd in ${dir}`);
  return binary;
}

async function folderOf(wanted: string, say: (line: string) => void): Promise<string> {
  if (isVersion(wanted)) return (await obtainEtcd({ version: wanted, say })).dir;
  const dir = resolve(wanted);
  if (existsSync(dir)) return dir;
  throw new Error(`"${wanted}" is neither a version like 3.6.14 nor a folder with etcd and etcdctl`);
}
