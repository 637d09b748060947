import { FakeEtcdWorld } from '../simulation/etcd/fake-etcd.ts';
import { openFakeEtcd } from '../simulation/etcd/fake-etcd-port.ts';
import { type EtcdWorld, etcdPortContract, type Node } from './etcd-port.contract.ts';

const node = (name: string, n: number): Node => ({
  name,
  clientUrl: `http://10.0.0.${n}:2379`,
  peerUrl: `http://10.0.0.${n}:2380`,
});
const FOUNDERS: readonly [Node, Node, Node] = [
  node('founder-0', 1),
  node('founder-1', 2),
  node('founder-2', 3),
];
const NEWCOMER = node('newcomer', 4);
const BLACK_HOLE = node('black-hole', 6);
const TOKEN = 'contract';

etcdPortContract('the fake', makeWorld);

/** What the engine's tests run on must not be kinder than the real one. */
async function makeWorld(): Promise<EtcdWorld> {
  let aheadMs = 0;
  const etcd = new FakeEtcdWorld(() => Date.now() + aheadMs);
  for (const founder of FOUNDERS) start(etcd, founder, 'new');
  etcd.blackHoles.add(BLACK_HOLE.clientUrl);
  etcd.onWait = (ms) => {
    aheadMs += ms;
  };
  return {
    founders: FOUNDERS,
    token: TOKEN,
    newcomer: NEWCOMER,
    deadEndpoint: node('dead', 5).clientUrl,
    blackHoleEndpoint: BLACK_HOLE.clientUrl,
    openPort: () => openFakeEtcd(etcd),
    startNewcomer: async () => start(etcd, NEWCOMER, 'existing'),
    kill: async (name) => {
      const process = etcd.processes.get(FOUNDERS.find((founder) => founder.name === name)?.clientUrl ?? '');
      if (process !== undefined) process.up = false;
      etcd.elect();
    },
    passSeconds: async (seconds) => {
      aheadMs += seconds * 1_000;
    },
    end: async () => undefined,
  };
}

function start(etcd: FakeEtcdWorld, { name, clientUrl, peerUrl }: Node, state: 'new' | 'existing'): void {
  const nodes = state === 'new' ? FOUNDERS : [...FOUNDERS, NEWCOMER];
  const founders = nodes.map((one) => `${one.name}=${one.peerUrl}`).join(',');
  etcd.startFresh(
    name,
    new Map([
      ['ETCD_INITIAL_ADVERTISE_PEER_URLS', peerUrl],
      ['ETCD_ADVERTISE_CLIENT_URLS', clientUrl],
      ['ETCD_INITIAL_CLUSTER', founders],
      ['ETCD_INITIAL_CLUSTER_TOKEN', TOKEN],
      ['ETCD_INITIAL_CLUSTER_STATE', state],
    ]),
  );
}
