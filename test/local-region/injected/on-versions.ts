import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InjectedFault } from './fault.ts';
import type { Ground } from './ground.ts';

/** The etcd that runs, telling another version of the same length: its code is that of the right one. */
function retold(etcd: string, version: string, other: string, file: string): void {
  if (version.length !== other.length) throw new Error(`${other} is not as long as ${version}`);
  const data = readFileSync(etcd);
  for (let at = data.indexOf(version); at >= 0; at = data.indexOf(version, at + 1)) data.write(other, at);
  writeFileSync(file, data);
  chmodSync(file, 0o755);
}

/** By the version that runs: one with a known defect whose name is as long. */
export const KNOWN_BAD: Readonly<Record<string, string>> = {
  '3.4.23': '3.4.19',
};

/** Where the machines' etcd is, and a folder before it on their PATH. */
export interface EtcdPlaces {
  readonly version: string;
  readonly etcdDir: string;
  readonly frontDir: string;
}

/** None where no version with defects is as long as the one that runs. */
export function onVersions(places: EtcdPlaces): readonly InjectedFault[] {
  const other = KNOWN_BAD[places.version];
  if (other === undefined) return [];
  return [
    {
      name: `a voter runs etcd ${other}, which has known defects`,
      codes: ['versionBad'],
      end: 'left',
      inject: async (ground) => ({ subject: other, ...(await runOther(ground, places, other)) }),
    },
  ];
}

/** One machine finds another etcd first; undone, it starts its own again, as after an update back. */
async function runOther(ground: Ground, { version, etcdDir, frontDir }: EtcdPlaces, other: string) {
  const id = await ground.follower();
  const dir = join(ground.region.machines.rootOf(id), 'other');
  mkdirSync(dir);
  retold(join(etcdDir, 'etcd'), version, other, join(dir, 'etcd'));
  const script = join(frontDir, 'etcd');
  const choice = `case $ETCD_NAME in ${id}) exec '${dir}/etcd' "$@" ;; esac`;
  writeFileSync(script, `#!/bin/sh\n${choice}\nexec '${etcdDir}/etcd' "$@"\n`);
  chmodSync(script, 0o755);
  await ground.control.fault({ kind: 'kill-etcd', target: id });
  return {
    undo: async () => {
      rmSync(script);
      await ground.control.fault({ kind: 'kill-etcd', target: id });
    },
  };
}
