import { expect, test } from 'vitest';
import { flagsOf } from '../../../infra/bench/floor-flags.ts';

test("the floor's etcd has the boot script's flags, and a name, addresses, data and cluster of its own", () => {
  const file = [
    'ETCD_NAME=i-0a',
    'ETCD_INITIAL_ADVERTISE_PEER_URLS=http://127.30.1.10:2380',
    'ETCD_LISTEN_CLIENT_URLS=http://127.30.1.10:2379',
    'ETCD_ADVERTISE_CLIENT_URLS=http://127.30.1.10:2379',
    'ETCD_INITIAL_CLUSTER=i-0a=http://127.30.1.10:2380',
    'ETCD_INITIAL_CLUSTER_STATE=new',
    'ETCD_INITIAL_CLUSTER_TOKEN=t',
    "ETCD_DATA_DIR='/somewhere/var/lib/etcd'",
    'ETCD_STRICT_RECONFIG_CHECK=true',
    'ETCD_PRE_VOTE=true',
    'ETCD_AUTO_COMPACTION_RETENTION=1h',
    'PATH=/usr/bin',
    '',
  ];
  expect(flagsOf(file.join('\n'))).toEqual({
    ETCD_STRICT_RECONFIG_CHECK: 'true',
    ETCD_PRE_VOTE: 'true',
    ETCD_AUTO_COMPACTION_RETENTION: '1h',
  });
});
