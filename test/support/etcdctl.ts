import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { whereNamesResolve } from '../../infra/local/namespace.ts';
import type { EtcdTls } from './tls-ground.ts';

export interface EtcdctlWay {
  readonly binDir: string;
  readonly endpoints: readonly string[];
  readonly tls: EtcdTls | null;
  /** `null`: etcd asks for none. */
  readonly user: { readonly user: string; readonly password: string } | null;
}

/** The real etcdctl, as an operator has it. Returns what it printed. */
export async function runEtcdctl(way: EtcdctlWay, args: readonly string[]): Promise<string> {
  const { binDir, endpoints, tls, user } = way;
  const command = [join(binDir, 'etcdctl'), ...args];
  const [program = '', ...rest] = tls === null ? command : whereNamesResolve(tls.hostsPath, command);
  const env = {
    ETCDCTL_API: '3',
    ETCDCTL_ENDPOINTS: endpoints.join(','),
    PATH: process.env['PATH'],
    ...(tls === null ? {} : certificatesIn(tls)),
    ...(user === null ? {} : { ETCDCTL_USER: `${user.user}:${user.password}` }),
  };
  return (await promisify(execFile)(program, rest, { env, timeout: 10_000 })).stdout;
}

const certificatesIn = ({ directory }: EtcdTls) => ({
  ETCDCTL_CACERT: join(directory, 'ca.crt'),
  ETCDCTL_CERT: join(directory, 'client.crt'),
  ETCDCTL_KEY: join(directory, 'client.key'),
});
