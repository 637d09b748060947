import { expect } from 'vitest';
import type { Clients, Ran } from './clients.ts';
import { commandsOn, inService } from './joined.ts';
import type { Theatre } from './stage.ts';

/** Launches a worker of a cluster with TLS, and uses the etcd at its localhost as somebody there would. */
export async function reachesAtLocalhost(
  { region }: Theatre,
  clients: Clients,
  cluster: string,
  kind: 'gateway' | 'grpc-proxy',
): Promise<void> {
  const launch = [
    'launch-workers',
    '-n',
    kind,
    '-j',
    cluster,
    '--size',
    '1',
    '--parameter',
    `LocalEtcd=${kind}`,
    '--yes',
  ];
  expect(await clients.cli(...launch)).toMatchObject({ code: 0 });
  const [id = ''] = await inService(region, `etcd-autopilot-${cluster}-${kind}`, 1, 60);
  const on = (...command: readonly string[]): Promise<Ran> => commandsOn(region, id)(...command);
  const file = await on('sh', '-c', 'cat "$ETCD_AUTOPILOT_ROOT/etc/etcd-autopilot/cluster.env"');
  expect(file.out).toMatch(/^AUTOPILOT_ENDPOINTS=https:\/\/i-\w+\.ec2\.internal:2379(,https:|$)/m);
  expect(file.out).toMatch(kind === 'gateway' ? /^ETCDCTL_ENDPOINTS=https:/m : /^ETCDCTL_ENDPOINTS=http:/m);
  const put = 'set -a; . "$ETCD_AUTOPILOT_ROOT/etc/etcd-autopilot/cluster.env"; exec etcdctl put "$@"';
  const done = await on('sh', '-c', put, 'sh', `/shows/${kind}`, 'kept');
  // The members' certificate names 127.0.0.1, and not the address that stands for it where there are no networks to give.
  const hasOwn = (await on('sh', '-c', 'echo "$ETCD_AUTOPILOT_LOCALHOST"')).out === '\n';
  if (hasOwn || kind === 'grpc-proxy') expect(done).toMatchObject({ code: 0, out: 'OK\n' });
  else expect(done.err).toMatch(/valid for 127\.0\.0\.1|context deadline exceeded/);
}
