import { existsSync, readFileSync } from 'node:fs';
import { etcdBinDir } from '../../support/etcd-process.ts';
import { MemberHost } from './member-host.ts';
import { renderWorkerUserData } from './worker-user-data.ts';

export const ENDPOINTS_NAME = '/etcd-autopilot/core/endpoints';

export interface WorkerOptions {
  /** Of the machine: its metadata service, and its localhost. */
  readonly address: string;
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  /** A hosts file that the machine sees in place of this one's. */
  readonly hosts?: string;
}

/** A machine of the group `web`, with a real etcd; its seconds are twentieths, and its localhost is its address. */
export async function workerHost(options: WorkerOptions): Promise<MemberHost> {
  const { address, shell, env, parameters, hosts } = options;
  return new MemberHost({
    address,
    ...(shell === undefined ? {} : { shell }),
    ...(hosts === undefined ? {} : { hosts }),
    env: { ETCD_AUTOPILOT_LOCALHOST: address, ETCD_AUTOPILOT_REFRESH_SECONDS: '2', ...env },
    etcd: { dir: await etcdBinDir() },
    userData: renderWorkerUserData({ Cluster: 'core', Name: 'web', ...parameters }),
  });
}

export const textAt = (host: MemberHost, path: string): string =>
  existsSync(host.path(path)) ? readFileSync(host.path(path), 'utf8') : '';

export const CLUSTER_ENV = 'etc/etcd-autopilot/cluster.env';

/** The variables of cluster.env, which are plain. */
export function clusterEnv(host: MemberHost): Readonly<Record<string, string>> {
  const lines = textAt(host, CLUSTER_ENV)
    .split('\n')
    .filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
}

/** Resolves when the machine has reported itself ready. */
export async function isReady(host: MemberHost): Promise<void> {
  await host.until(() => existsSync(host.path('run/etcd-autopilot/ready')), 'word that it is ready');
}
