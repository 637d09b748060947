import { expect, test } from 'vitest';
import { FakeEtcdWorld } from './fake-etcd.ts';
import { openFakeEtcd } from './fake-etcd-port.ts';

test.each(['3.4.23', '3.5.16', '3.5.33', '3.6.14', '3.7.1'])(
  'a cluster of one takes a learner at once: %s, as the real one of test/contract/versions.test.ts',
  async (version) => {
    const etcd = new FakeEtcdWorld(() => 1_000, version);
    const ticket = {
      ETCD_INITIAL_ADVERTISE_PEER_URLS: 'http://10.0.0.1:2380',
      ETCD_ADVERTISE_CLIENT_URLS: 'http://10.0.0.1:2379',
      ETCD_INITIAL_CLUSTER: 'alone=http://10.0.0.1:2380',
      ETCD_INITIAL_CLUSTER_STATE: 'new',
      ETCD_INITIAL_CLUSTER_TOKEN: 'alone',
    };
    etcd.startFresh('alone', new Map(Object.entries(ticket)));
    expect(await openFakeEtcd(etcd).addLearner('http://10.0.0.1:2379', 'http://10.0.0.2:2380')).toMatch(
      /^\d+$/,
    );
    expect(etcd.members.map(({ isLearner }) => isLearner)).toEqual([false, true]);
  },
);
