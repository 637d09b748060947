import { FakeEtcdWorld } from '../simulation/etcd/fake-etcd.ts';
import { openFakeEtcd } from '../simulation/etcd/fake-etcd-port.ts';
import { etcdPortContract } from './etcd-port.contract.ts';
import type { EtcdWorld, Node } from './etcd-world.ts';

const node = (name: string, n: number): Node => ({
  name,
  clientUrl: `http://10.0.0.${n}:2379`,
  peerUrl: `http://10.0.0.${n}:2380`,
});
const FOUNDERS = [node('founder-0', 1), node('founder-1', 2), node('founder-2', 3)] as const;
const NEWCOMER = node('newcomer', 4);
const BLACK_HOLE = node('black-hole', 6);
const NODES = [...FOUNDERS, NEWCOMER];
const TOKEN = 'contract';

/** What the simulation runs on must not be kinder than the real one, of whatever version. */
for (const version of ['3.4.23', '3.5.16', '3.5.33', '3.6.14', '3.7.1']) {
  etcdPortContract(`the fake of ${version}`, () => makeWorld(version));
}

async function makeWorld(version: string): Promise<EtcdWorld> {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const etcd = new FakeEtcdWorld(() => nowMs, version);
  etcd.onWait = (ms) => {
    nowMs += ms;
  };
  for (const founder of FOUNDERS.slice(0, 2)) startFresh(etcd, founder, FOUNDERS, 'new');
  etcd.blackHoles.add(BLACK_HOLE.clientUrl);
  const idOf = (name: string) =>
    etcd.processes.get(NODES.find((one) => one.name === name)?.clientUrl ?? '')?.memberId;
  return {
    version,
    founders: FOUNDERS,
    token: TOKEN,
    hasUsers: false,
    newcomer: NEWCOMER,
    later: node('later', 7),
    deadEndpoint: node('dead', 5).clientUrl,
    blackHoleEndpoint: BLACK_HOLE.clientUrl,
    openPort: (deadlineMs) => openFakeEtcd(etcd, deadlineMs),
    nowMs: () => nowMs,
    passSeconds: async (seconds) => {
      nowMs += seconds * 1_000;
    },
    startNewcomer: async (told) => {
      startFresh(etcd, NEWCOMER, told === 'everybody' ? NODES : NODES.slice(1), 'existing');
      return etcd.processes.has(NEWCOMER.clientUrl);
    },
    start: async (name) => {
      const id = idOf(name);
      const founder = FOUNDERS.find((one) => one.name === name);
      if (id !== undefined) etcd.restart(id);
      else if (founder !== undefined) startFresh(etcd, founder, FOUNDERS, 'new');
    },
    kill: async (name) => etcd.crash(idOf(name) ?? ''),
    freeze: (name) => etcd.freeze(idOf(name) ?? ''),
    thaw: (name) => etcd.thaw(idOf(name) ?? ''),
    raise: async ({ memberId, alarm }) => {
      etcd.alarms.set(memberId, alarm === 'CORRUPT' ? 'CORRUPT' : 'NOSPACE');
      etcd.commit();
    },
    end: async () => undefined,
  };
}

function startFresh(
  etcd: FakeEtcdWorld,
  { name, clientUrl, peerUrl }: Node,
  told: readonly Node[],
  state: 'new' | 'existing',
): void {
  const ticket = new Map([
    ['ETCD_INITIAL_ADVERTISE_PEER_URLS', peerUrl],
    ['ETCD_ADVERTISE_CLIENT_URLS', clientUrl],
    ['ETCD_INITIAL_CLUSTER', told.map((one) => `${one.name}=${one.peerUrl}`).join(',')],
    ['ETCD_INITIAL_CLUSTER_TOKEN', TOKEN],
    ['ETCD_INITIAL_CLUSTER_STATE', state],
  ]);
  etcd.startFresh(name, ticket);
}
