import type { EtcdAccess } from '../../core/access.ts';
import { clusterPath } from '../../core/names.ts';
import { runPass } from '../pass.ts';
import type { PassReport } from '../report.ts';
import type { ChecksPorts, ChecksRequest } from './ports.ts';

/** What a look of membership came to, with what it read on the way and checks go on with. */
export interface Looked {
  readonly report: PassReport;
  /** What stands under the cluster's path; `null`: nobody could read it. */
  readonly texts: ReadonlyMap<string, string> | null;
  /** How etcd was reached; `null`: it was not asked. */
  readonly access: EtcdAccess | null;
}

/** Looks as membership does for `status`, by the same code. What it reads and opens is kept, not read twice. */
export async function look(
  ports: ChecksPorts,
  { cluster, owner, deadlineMs }: ChecksRequest,
): Promise<Looked> {
  const kept: { texts: ReadonlyMap<string, string> | null; access: EtcdAccess | null } = {
    texts: null,
    access: null,
  };
  const path = clusterPath(cluster);
  const keeping: ChecksPorts = {
    ...ports,
    parameters: {
      create: (name, value) => ports.parameters.create(name, value),
      write: (name, value) => ports.parameters.write(name, value),
      remove: (names) => ports.parameters.remove(names),
      readAll: async (asked) => {
        const texts = await ports.parameters.readAll(asked);
        if (asked === path) kept.texts = texts;
        return texts;
      },
    },
    openEtcd: (access) => {
      kept.access = access;
      return ports.openEtcd(access);
    },
  };
  const request = { cluster, owner, deadlineMs, mode: 'look', groupName: null } as const;
  const report = await runPass(keeping, request);
  return { report, ...kept };
}
